// Compiles the native kernels with one compiler call a source file; no node-gyp, no download.
//
//   node scripts/build-native.js               build, exit 1 on failure
//   node scripts/build-native.js --optional    the same, but exit 0: the tool then runs on its reference kernels
//   node scripts/build-native.js --sanitize    AddressSanitizer and UBSan, into native/build/sanitized/
//
// CXX names the compiler, CXXFLAGS adds to its flags. A failure is written to failure.json beside the build, which the
// loader quotes.
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { include_dir as nodeHeaders } from "node-api-headers";

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const native = join(root, "native");
const sanitize = process.argv.includes("--sanitize");
const optional = process.argv.includes("--optional");
const build = join(native, "build");
const out = sanitize ? join(build, "sanitized") : build;
const x64 = arch() === "x64";

/** Flags of one source file beyond the common ones. */
const sources = {
  "addon.cc": [],
  "calibration.cc": [],
  "dispatch.cc": [],
  "network.cc": [],
  "pool.cc": [],
  "simd/portable.cc": [],
  ...(x64 ? { "simd/avx2.cc": ["-mavx2", "-mfma"] } : {}),
};
// -fno-math-errno and -fno-trapping-math let loops become vectors and change no result; -ffast-math, which drops
// NaN and reorders sums, stays off. -ffp-contract=fast is GCC's default: a * b + c is one rounding where the
// processor has it.
const flags = [
  "-std=c++17",
  ...(sanitize ? ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"] : ["-O3"]),
  "-fno-math-errno",
  "-fno-trapping-math",
  "-ffp-contract=fast",
  "-fPIC",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
  // Not on a user's machine, whose newer compiler may warn of something new.
  ...(optional ? [] : ["-Werror"]),
  "-Wno-unknown-pragmas",
  "-DNAPI_VERSION=8",
  `-I${nodeHeaders}`,
  ...(process.env.CXXFLAGS ? process.env.CXXFLAGS.split(/\s+/).filter(Boolean) : []),
];

async function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ["c++", "g++", "clang++"];
  for (const candidate of candidates) {
    const [program, ...options] = candidate.split(/\s+/).filter(Boolean); // CXX="ccache g++" is usual
    try {
      await run(program, [...options, "--version"]);
      return (args) => run(program, [...options, ...args]);
    } catch {
      // Not there; the error below names all that were tried.
    }
  }
  throw new Error(`no C++ compiler was found (tried ${candidates.join(", ")})`);
}

async function compile() {
  const library = join(out, "rp_bench.node");
  rmSync(library, { force: true }); // a failed build must not leave an older one to be loaded
  const compiler = await findCompiler();
  mkdirSync(out, { recursive: true });
  const objects = await Promise.all(
    Object.entries(sources).map(async ([source, extra]) => {
      const object = join(out, `${source.replace(/\W/g, "-")}.o`);
      await compiler([...flags, ...extra, "-c", join(native, source), "-o", object]);
      return object;
    }),
  );
  const link = platform() === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
  // A process that has the old file mapped keeps it: the new one takes its name, it is not written into it.
  await compiler(["-shared", ...flags, ...link, ...objects, "-o", `${library}.new`, "-pthread"]);
  renameSync(`${library}.new`, library);
}

try {
  await compile();
  rmSync(join(out, "failure.json"), { force: true });
} catch (error) {
  const reason = `${error.stderr || error.message}`.trim();
  try {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, "failure.json"), `${JSON.stringify({ reason }, null, 2)}\n`);
  } catch (writing) {
    console.error(`rp-bench: ${writing.message}`);
  }
  console.error(`rp-bench: the native kernels were not built: ${reason}`);
  console.error(
    "rp-bench: install a C++17 compiler (Debian, Ubuntu: apt-get install g++), then: npm run build:native",
  );
  process.exitCode = optional ? 0 : 1;
}
