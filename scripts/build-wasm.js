// Compiles the kernels to WebAssembly, once for all machines, with Zig's clang of one version from PyPI. The result is
// committed: users cannot build it, and need not.
//
//   node scripts/build-wasm.js            native/prebuilt/wasm/: two modules and manifest.json; src/kernels/wasm-version.ts
//   node scripts/build-wasm.js --check    compile them elsewhere; exit 1 unless these are the committed bytes
//   node scripts/build-wasm.js --hash     exit 1 unless the manifest names the sources that are here; needs no compiler
//
// RP_BENCH_ZIG names a zig of that version; otherwise zig.js gets it.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findZig, ZIG } from "./zig.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const native = join(root, "native");
const prebuilt = join(native, "prebuilt", "wasm");
const versionFile = join(root, "src", "kernels", "wasm-version.ts");
const SOURCES = ["network.cc", "simd/wasm.cc", "wasm/memory.cc", "wasm/module.cc", "wasm/pool.cc"];
/** Headers of the add-on alone. */
const OTHERS = ["arguments.h", "dispatch.h", "pool.h", "symbol-versions.h"];
const TARGET = ["-target", "wasm32-wasi"];
// No relaxed SIMD, whose results are the processor's own. As in build-native.js, nothing is contracted.
const FLAGS = [
  ...["-std=c++17", "-O3", "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-fno-trapping-math"],
  ...["-ffp-contract=off", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"],
];
const LINK = [
  "-nostdlib",
  "-Wl,--no-entry",
  "-Wl,--initial-memory=4194304",
  "-Wl,-z,stack-size=262144",
  "-Wl,--strip-all",
];
/** The features of each module, and how it is linked. */
const MODULES = {
  "kernels.wasm": { features: "simd128+bulk_memory", link: [] },
  // Over a memory that its threads share, each with a stack of its own.
  "kernels-threads.wasm": {
    features: "simd128+bulk_memory+atomics",
    link: [
      ...["-Wl,--shared-memory", "-Wl,--import-memory", "-Wl,--max-memory=4294901760"],
      "-Wl,--export=__stack_pointer",
    ],
  },
};

const { values: asked } = parseArgs({
  options: { check: { type: "boolean", default: false }, hash: { type: "boolean", default: false } },
});

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Of every source, by name and content, and of how it is compiled. */
function hashOfSources() {
  const headers = ["", "simd/", "wasm/"]
    .flatMap((folder) => readdirSync(join(native, folder)).map((name) => `${folder}${name}`))
    .filter((name) => name.endsWith(".h") && !OTHERS.includes(name));
  const files = [...SOURCES, ...headers].sort();
  const contents = files.map((name) => [name, sha256(readFileSync(join(native, name)))]);
  return sha256(JSON.stringify({ contents, ZIG, TARGET, FLAGS, LINK, MODULES }));
}

/** A module, its version in a section that is no code. */
function compile(zig, name, version, folder) {
  const { features, link } = MODULES[name];
  const target = [...TARGET, `-mcpu=generic+${features}`];
  const objects = SOURCES.map((source) => {
    const object = join(folder, `${name}-${source.replace(/\W/g, "-")}.o`);
    zig("c++", ...target, ...FLAGS, "-c", source, "-o", object);
    return object;
  });
  const linked = join(folder, name);
  zig("c++", ...target, ...LINK, ...link, ...objects, "-o", linked);
  return Buffer.concat([readFileSync(linked), section("rp-bench", version)]);
}

/** A custom section of WebAssembly: id 0, then the length, the name's length, the name and the content. */
function section(name, text) {
  const [title, content] = [Buffer.from(name), Buffer.from(text)];
  const body = Buffer.concat([Buffer.of(title.length), title, content]);
  if (body.length > 127) throw new Error("a longer section needs its length in more bytes");
  return Buffer.concat([Buffer.of(0, body.length), body]);
}

function build() {
  const sources = hashOfSources();
  const version = sources.slice(0, 16);
  const work = mkdtempSync(join(tmpdir(), "rp-bench-wasm-"));
  try {
    const zig = findZig(native);
    const files = Object.keys(MODULES).map((name) => [name, compile(zig, name, version, work)]);
    const modules = files.map(([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }]);
    const manifest = { version, sources, zig: ZIG, modules: Object.fromEntries(modules) };
    return [
      ...files.map(([name, bytes]) => [join(prebuilt, name), bytes]),
      [join(prebuilt, "manifest.json"), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)],
      [
        versionFile,
        Buffer.from(
          "// Written by scripts/build-wasm.js: the version of the modules in native/prebuilt/wasm/ that this code is for.\n" +
            `export const WASM_VERSION = "${version}";\n`,
        ),
      ],
    ];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const REMEDY = "make them again: node scripts/build-wasm.js";
try {
  if (asked.hash) {
    const { sources } = JSON.parse(readFileSync(join(prebuilt, "manifest.json"), "utf8"));
    if (sources !== hashOfSources())
      throw new Error(`the modules are of other sources than those here; ${REMEDY}`);
  } else {
    for (const [path, bytes] of build()) {
      if (!asked.check) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, bytes);
      } else if (!existsSync(path) || !readFileSync(path).equals(bytes)) {
        throw new Error(`the sources give other bytes than ${path} has; ${REMEDY}`);
      }
      console.log(`${path}: ${bytes.length} bytes, SHA-256 ${sha256(bytes)}`);
    }
  }
} catch (error) {
  console.error(`build-wasm: ${error.stderr || error.message}`);
  process.exitCode = 1;
}
