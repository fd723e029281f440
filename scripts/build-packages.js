// Makes the npm packages: rp-bench and, for each platform, one of compiled kernels, on any machine by Zig's clang.
//
//   node scripts/build-packages.js                        all of them, into native/build/packages/
//   node scripts/build-packages.js linux-x64 win32-x64    these platforms alone
//   node scripts/build-packages.js --out FOLDER           into another folder, which must be empty or not there
//
// The folder then has the tarballs and manifest.json, with the size and SHA-256 of each and of the kernels in it. A file
// that is not what its platform needs (packages/inspect.js) ends it. dist/ must be built. Nothing is published.
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
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileFor } from "./packages/compile.js";
import { complaints, readLibrary } from "./packages/inspect.js";
import { packMain, packPlatform } from "./packages/pack.js";
import { PLATFORMS, packageName } from "./packages/platforms.js";
import { findZig, ZIG } from "./zig.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const OWN = join(root, "native", "build", "packages");

/** @throws an Error with a line that says what is wrong with the command line. */
function readArguments() {
  const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
  const known = Object.keys(PLATFORMS);
  for (const name of positionals) {
    if (!known.includes(name)) throw new Error(`unknown platform ${name}; known: ${known.join(", ")}`);
  }
  const out = values.out === undefined ? OWN : resolve(values.out);
  if (values.out === undefined) rmSync(out, { recursive: true, force: true });
  else if (existsSync(out) && readdirSync(out).length > 0) {
    throw new Error(`${values.out}: has files already; name an empty folder`);
  }
  return { out, names: positionals.length > 0 ? [...new Set(positionals)] : known };
}

function describe(path) {
  const bytes = readFileSync(path);
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function build(name, zig, { work, out }) {
  const platform = PLATFORMS[name];
  const library = compileFor(zig, platform, join(work, name));
  const found = readLibrary(library);
  const wrong = complaints(found, platform);
  if (wrong.length > 0) throw new Error(`the kernels for ${name} cannot be packed: ${wrong.join("; ")}`);
  const file = packPlatform(name, platform, { root, library, folder: join(work, name, "package"), out });
  const { target } = platform;
  return {
    file,
    ...describe(join(out, file)),
    kernels: { target, system: found.system, ...describe(library) },
  };
}

const work = mkdtempSync(join(tmpdir(), "rp-bench-packages-"));
try {
  const { out, names } = readArguments();
  if (!existsSync(join(root, "dist", "index.js")))
    throw new Error("dist/ is not built; first: npm run build");
  mkdirSync(out, { recursive: true });
  const zig = findZig(join(root, "native"));
  const packages = {};
  for (const name of names) {
    packages[packageName(name)] = build(name, zig, { work, out });
    const { file, bytes, sha256 } = packages[packageName(name)];
    console.log(`${file}: ${bytes} bytes, SHA-256 ${sha256}`);
  }
  const file = packMain(names, { root, folder: join(work, "main"), out });
  packages["rp-bench"] = { file, ...describe(join(out, file)) };
  console.log(`${file}: ${packages["rp-bench"].bytes} bytes, SHA-256 ${packages["rp-bench"].sha256}`);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify({ version, zig: ZIG, packages }, null, 2)}\n`);
} catch (error) {
  console.error(`build-packages: ${`${error.stderr || error.message}`.trim()}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
