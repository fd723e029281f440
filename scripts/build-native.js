// Compiles the native kernels with one compiler call a source file; no node-gyp, no download.
//
//   node scripts/build-native.js               build, exit 1 on failure
//   node scripts/build-native.js --strict      the same, warnings are errors
//   node scripts/build-native.js --optional    exit 0 on failure: the tool then has other kernels to run on
//   node scripts/build-native.js --sanitize    AddressSanitizer and UBSan, into native/build/sanitized/
//   node scripts/build-native.js --prebuilt    what the npm package holds: native/prebuilt/linux-x64/rp_bench.node
//
// CXX names the compiler, CXXFLAGS adds to its flags (not to those of --prebuilt). A failure is written to failure.json
// beside the build, which the loader quotes.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { include_dir as nodeHeaders } from "node-api-headers";
import { commonFlags, sourcesOf } from "./native-flags.js";

const run = promisify(execFile);
const { values: asked } = parseArgs({
  options: Object.fromEntries(
    ["strict", "optional", "sanitize", "prebuilt"].map((name) => [name, { type: "boolean", default: false }]),
  ),
});
const script = fileURLToPath(import.meta.url);
const native = join(dirname(script), "..", "native");
const build = join(native, "build");
const objects = asked.sanitize ? join(build, "sanitized") : asked.prebuilt ? join(build, "prebuilt") : build;
const prebuilt = join(native, "prebuilt", "linux-x64", "rp_bench.node");
const library = asked.prebuilt ? prebuilt : join(objects, "rp_bench.node");

const sources = sourcesOf(process.arch);
const flags = [
  ...(asked.sanitize ? ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"] : ["-O3"]),
  ...commonFlags(nodeHeaders),
  "-fPIC",
  // Not on a user's machine, whose newer compiler may warn of something new.
  ...(asked.strict ? ["-Werror"] : []),
  ...(asked.prebuilt ? ["-include", "symbol-versions.h"] : words(process.env.CXXFLAGS)),
];
const linkFlags = [
  ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : []),
  ...(asked.prebuilt ? ["-s", "-Wl,--build-id=none"] : []),
];
/** Of the C and C++ libraries of RHEL 8, the oldest usual system that Node's own linux-x64 binaries are for. */
const NEWEST_VERSIONS = { GLIBC: "2.28", GLIBCXX: "3.4.25", CXXABI: "1.3.11" };

function words(text) {
  return (text ?? "").split(/\s+/).filter(Boolean);
}

async function findCompiler() {
  const candidates = process.env.CXX ? [process.env.CXX] : ["c++", "g++", "clang++"];
  for (const candidate of candidates) {
    const [program, ...options] = words(candidate); // CXX="ccache g++" is usual
    try {
      await run(program, [...options, "--version"]);
      // Paths are relative to native/, so that none of this machine gets into the library.
      return (args) => run(program, [...options, ...args], { cwd: native });
    } catch (error) {
      if (error.code === undefined) throw error;
      // Not there, or it fails; the error below names all that were tried.
    }
  }
  throw new Error(`no C++ compiler was found (tried ${candidates.join(", ")})`);
}

async function compile() {
  rmSync(library, { force: true }); // a failed build must not leave an older one to be loaded or packed
  const compiler = await findCompiler();
  for (const folder of [objects, dirname(library)]) mkdirSync(folder, { recursive: true });
  const compiled = await Promise.all(
    Object.entries(sources).map(async ([source, extra]) => {
      const object = relative(native, join(objects, `${source.replace(/\W/g, "-")}.o`));
      await compiler([...flags, ...extra, "-c", source, "-o", object]);
      return object;
    }),
  );
  // A process that has the old file mapped keeps it: the new one takes its name, it is not written into it.
  const unnamed = `${library}.new`;
  await compiler([
    "-shared",
    ...flags,
    ...linkFlags,
    ...compiled,
    "-o",
    relative(native, unnamed),
    "-pthread",
  ]);
  if (asked.prebuilt) requireOldVersions(unnamed);
  renameSync(unnamed, library);
}

/** A library asks for versions of symbols by name, as in GLIBC_2.14. */
function requireOldVersions(path) {
  const found = readFileSync(path, "latin1").matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_(\d+(?:\.\d+)+)/g);
  const tooNew = [...found].flatMap(([text, name, version]) =>
    version.localeCompare(NEWEST_VERSIONS[name], "en", { numeric: true }) > 0 ? [text] : [],
  );
  if (tooNew.length === 0) return;
  rmSync(path);
  const most = Object.entries(NEWEST_VERSIONS).map((pair) => pair.join("_"));
  throw new Error(
    `the library asks for ${tooNew.join(", ")}, at most ${most.join(", ")} is portable; ` +
      "add the symbols to native/symbol-versions.h or take an older compiler",
  );
}

/** Where the prebuilt library is not made, and an old one must not be packed. */
function skipPrebuilt() {
  rmSync(prebuilt, { force: true });
  console.error(
    `rp-bench: prebuilt kernels are made on linux-x64 with glibc, this is ${process.platform}-${process.arch}: ` +
      "a package made here has none, and compiles them when it is installed",
  );
}

function reportFailure(reason) {
  if (asked.prebuilt) {
    console.error(`rp-bench: the prebuilt kernels were not built: ${reason}`);
    process.exitCode = 1;
    return;
  }
  try {
    mkdirSync(objects, { recursive: true });
    writeFileSync(join(objects, "failure.json"), `${JSON.stringify({ reason }, null, 2)}\n`);
  } catch (writing) {
    console.error(`rp-bench: ${writing.message}`);
  }
  console.error(`rp-bench: the native kernels were not built: ${reason}`);
  console.error(
    asked.optional && (existsSync(prebuilt) || hasPlatformPackage())
      ? "rp-bench: the prebuilt ones of the package are used, where they load"
      : `rp-bench: install a C++17 compiler (Debian, Ubuntu: apt-get install g++), then: node ${script}`,
  );
  process.exitCode = asked.optional ? 0 : 1;
}

/** Whether npm installed the optional dependency of this platform. */
function hasPlatformPackage() {
  const { resolve } = createRequire(import.meta.url);
  return ["", "-musl"].some((libc) => {
    try {
      return resolve(`@rp-bench/${process.platform}-${process.arch}${libc}/package.json`) !== "";
    } catch {
      return false;
    }
  });
}

const canPrebuild =
  process.platform === "linux" &&
  process.arch === "x64" &&
  process.report.getReport().header.glibcVersionRuntime !== undefined;
if (asked.prebuilt && !canPrebuild) {
  skipPrebuilt();
} else {
  try {
    await compile();
    rmSync(join(objects, "failure.json"), { force: true });
  } catch (error) {
    reportFailure(`${error.stderr || error.message}`.trim());
  }
}
