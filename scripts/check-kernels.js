// Builds native/check.cc and native/bits.cc and runs them, with each instruction set that is here:
// npm run check:kernels -- [host|neon|thread-sanitizer] ...
// neon needs Debian's g++-aarch64-linux-gnu and qemu-user.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const native = join(root, "native");
const work = mkdtempSync(join(tmpdir(), "rp-bench-kernels-"));
const common = [
  "-std=c++17",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-ffp-contract=off",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-Wno-unknown-pragmas",
];
const AVX512 = ["f", "vl", "dq", "bw"].map((part) => `-mavx512${part}`);
/** Sources beside the programs' own, with their flags, and the instruction sets they make, by architecture. */
const LIBRARY = { "dispatch.cc": [], "network.cc": [], "pool.cc": [] };
const SETS = {
  x64: {
    "simd/avx512.cc": [...AVX512, "-mfma", "-mprefer-vector-width=512"],
    "simd/avx2.cc": ["-mavx2", "-mfma"],
    "simd/portable.cc": [],
  },
  arm64: { "simd/neon.cc": [], "simd/portable.cc": [] },
};

/** Compiles both programs; run(program, ...args) runs one, after the emulator where there is one. */
function build(compiler, flags, architecture) {
  const compile = (source, extra) => {
    const object = join(work, `${source.replace(/\W/g, "-")}.o`);
    execFileSync(compiler, [...common, ...flags, ...extra, "-c", join(native, source), "-o", object], {
      stdio: "inherit",
    });
    return object;
  };
  const objects = Object.entries({ ...LIBRARY, ...SETS[architecture] }).map(([source, extra]) =>
    compile(source, extra),
  );
  for (const program of ["check", "bits"]) {
    const own = compile(`${program}.cc`, []);
    execFileSync(compiler, [...flags, own, ...objects, "-o", join(work, program), "-pthread"], {
      stdio: "inherit",
    });
  }
  return Object.keys(SETS[architecture]).map((source) => source.replace(/.*\/(.*)\.cc/, "$1"));
}

/** check.cc, and bits.cc where `bits`, with each of the sets; one that the processor has not is named and left out. */
function check(sets, { emulator = [], bits = true } = {}) {
  for (const set of sets) {
    const run = (program, stdout) => {
      const [command, ...args] = [...emulator, join(work, program), set];
      return spawnSync(command, args, { stdio: ["inherit", stdout, "inherit"], encoding: "utf8" });
    };
    const { status } = run("check", "inherit");
    if (status === ABSENT) {
      console.log(`${set} kernels: not checked, this processor cannot run them`);
      continue;
    }
    if (status !== 0) throw new Error(`the ${set} kernels are wrong`);
    if (!bits) continue;
    const printed = run("bits", "pipe");
    if (printed.status !== 0) throw new Error(`the ${set} kernels did not train`);
    compareBits(set, printed.stdout);
  }
}
/** The exit code of a program whose kernels the processor cannot run. */
const ABSENT = 2;

function compareBits(set, printed) {
  const name = join("tests", "fixtures", "bits", set === "portable" ? "portable.txt" : "fused.txt");
  const [expected, found] = [readFileSync(join(root, name), "utf8"), printed].map(bitsByTraining);
  const trainings = [...new Set([...expected.keys(), ...found.keys()])];
  const off = trainings.filter((training) => expected.get(training) !== found.get(training));
  if (off.length > 0) {
    const [one] = off;
    throw new Error(
      `the ${set} kernels give other bits than ${name} in ${off.length} of ${trainings.length} trainings, as in ${one}: ` +
        `${found.get(one) ?? "none"} instead of ${expected.get(one) ?? "none"} ` +
        "(where the arithmetic was changed on purpose: npm run bits)",
    );
  }
  console.log(`${set} kernels: ${trainings.length} trainings give the bits of ${name}`);
}

/** "shape, activation, optimizer: losses …, parameters …" */
function bitsByTraining(text) {
  return new Map(text.split("\n").flatMap((line) => (line === "" ? [] : [line.split(": ")])));
}

const compiler = process.env.CXX ?? "g++";
const targets = {
  host: () => check(build(compiler, ["-O3"], arch())),
  neon: () =>
    check(build("aarch64-linux-gnu-g++", ["-O3", "-static"], "arm64"), { emulator: ["qemu-aarch64"] }),
  // Far slower, and no race would show in the bits alone.
  "thread-sanitizer": () =>
    check(build(compiler, ["-O1", "-g", "-fsanitize=thread"], arch()), { bits: false }),
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
