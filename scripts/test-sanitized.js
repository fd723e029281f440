// Builds the native kernels with AddressSanitizer and UBSan and runs the kernel and session tests on that build.
import { execFileSync, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const compiler = process.env.CXX ?? "g++";
const runtime = (library) =>
  execFileSync(compiler, [`-print-file-name=${library}`], { encoding: "utf8" }).trim();

execFileSync(process.execPath, [join(root, "scripts", "build-native.js"), "--strict", "--sanitize"], {
  stdio: "inherit",
});
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--project",
    "fast",
    "tests/kernels",
    "tests/engines/ladder.test.ts",
    "tests/engines/session.test.ts",
    "tests/engines/sampled-session.test.ts",
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      // The sanitizers' runtimes must come before everything else in a process that was built without them.
      LD_PRELOAD: ["libasan.so", "libubsan.so"].map(runtime).join(" "),
      // Node itself does not free everything at exit; a test asks for more memory than there is.
      ASAN_OPTIONS: "detect_leaks=0:allocator_may_return_null=1",
      UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
      RP_BENCH_ADDON: join(root, "native", "build", "sanitized", "rp_bench.node"),
    },
  },
);
process.exitCode = status ?? 1;
