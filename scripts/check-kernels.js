// Builds native/check.cc and runs it: npm run check:kernels -- [host|neon|thread-sanitizer] ...
// neon needs Debian's g++-aarch64-linux-gnu and qemu-user.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const native = join(dirname(fileURLToPath(import.meta.url)), "..", "native");
const work = mkdtempSync(join(tmpdir(), "rp-bench-kernels-"));
const common = [
  "-std=c++17",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-ffp-contract=fast",
  "-Wall",
  "-Wextra",
];
const portable = ["check.cc", "dispatch.cc", "network.cc", "pool.cc", "simd/portable.cc"];
const avx2 = arch() === "x64" ? ["simd/avx2.cc"] : [];

function build(compiler, flags, sources) {
  const objects = sources.map((source) => {
    const object = join(work, `${source.replace(/\W/g, "-")}.o`);
    const extra = source === "simd/avx2.cc" ? ["-mavx2", "-mfma"] : [];
    execFileSync(compiler, [...common, ...flags, ...extra, "-c", join(native, source), "-o", object], {
      stdio: "inherit",
    });
    return object;
  });
  const program = join(work, "check");
  execFileSync(compiler, [...flags, ...objects, "-o", program, "-pthread"], { stdio: "inherit" });
  return program;
}
const run = (program, ...args) => execFileSync(program, args, { stdio: "inherit" });

const targets = {
  host() {
    const program = build(process.env.CXX ?? "g++", ["-O3"], [...portable, ...avx2]);
    run(program);
    run(program, "portable");
  },
  neon() {
    const program = build("aarch64-linux-gnu-g++", ["-O3", "-static"], portable);
    run("qemu-aarch64", program, "portable");
  },
  "thread-sanitizer"() {
    run(build(process.env.CXX ?? "g++", ["-O1", "-g", "-fsanitize=thread"], [...portable, ...avx2]));
  },
};

try {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : ["host"]) {
    if (!targets[name]) throw new Error(`unknown target ${name}; known: ${Object.keys(targets).join(", ")}`);
    console.log(`${name}:`);
    targets[name]();
  }
} catch (error) {
  console.error(`check-kernels: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
