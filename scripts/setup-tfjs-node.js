// Makes @tensorflow/tfjs-node 4.22 work from the TensorFlow wheel on PyPI; HELP below says how and when.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const PACKAGE = "@tensorflow/tfjs-node";
const VERSION = "4.22.0";
/** Of 2.15.1 and 2.21.0, both of which work, the faster on a CPU. */
const DEFAULT_WHEEL = "tensorflow-cpu==2.15.1";
/** Wheels of one release differ by Python in what is not used here, so one is taken on every machine. */
const PLATFORM = [
  "--only-binary=:all:",
  "--python-version=3.11",
  "--implementation=cp",
  "--abi=cp311",
  // Releases up to 2.20 are for this one, 2.21 and later for the next.
  "--platform=manylinux2014_x86_64",
  "--platform=manylinux_2_27_x86_64",
];
const KNOWN_SHA256 = {
  [DEFAULT_WHEEL]: "54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26",
};

const HELP = `node node_modules/rp-bench/scripts/setup-tfjs-node.js [wheel]

Makes ${PACKAGE} ${VERSION} work in this project from the TensorFlow wheel on PyPI, where the package's own download of
libtensorflow is blocked, or too old for the GPU. Installs the npm package without its install script, takes the
libraries and headers out of the wheel, and compiles the package's binding against them. Needs Linux on x64, g++ and
Python's pip; repeating it does nothing that is done already.

  wheel       as pip names it (default: ${DEFAULT_WHEEL}; for CUDA: tensorflow==2.21.0)
  -h, --help  print this
`;

const say = (text) => console.log(`setup-tfjs-node: ${text}`);

function fail(text, code = 1) {
  console.error(`setup-tfjs-node: ${text}`);
  process.exit(code);
}

function readArguments() {
  try {
    const options = { help: { type: "boolean", short: "h" } };
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    if (positionals.length > 1) throw new Error(`takes one wheel, got ${positionals.join(" ")}`);
    return { help: values.help, wanted: positionals[0] ?? DEFAULT_WHEEL };
  } catch (error) {
    return fail(`${error.message.split(". ")[0]}; --help says more`, 2);
  }
}

/** Runs a command to its end; its output only if it fails. */
function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", ...options });
  if (error) fail(`${command}: cannot be started (${error.message}); install it`);
  if (status !== 0) fail(`${command} ${args[0]} failed:\n${stdout}${stderr}`);
  return stdout;
}

function packageFolder() {
  try {
    return dirname(createRequire(join(process.cwd(), "x.js")).resolve(`${PACKAGE}/package.json`));
  } catch {
    return null;
  }
}

/** Whether the package loads and multiplies, in a process of its own: a broken library ends the process. */
function works(folder) {
  const script = `
    import { createRequire } from "node:module";
    import { restoreUtilities } from ${JSON.stringify(new URL("../dist/engines/tfjs/backends.js", import.meta.url).href)};
    restoreUtilities();
    const tf = createRequire(import.meta.url)(${JSON.stringify(folder)});
    const product = tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0];
    if (tf.getBackend() !== "tensorflow" || product !== 11) throw new Error("got " + tf.getBackend() + " " + product);`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
}

async function sha256Of(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

const { help, wanted } = readArguments();
if (help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (process.platform !== "linux" || process.arch !== "x64") {
  fail(
    `for linux-x64 only, this is ${process.platform}-${process.arch}; use the package's own install script`,
  );
}
if (!packageFolder()) {
  say(`installing ${PACKAGE}@${VERSION} without its install script`);
  run("npm", ["install", "--save-exact", "--ignore-scripts", `${PACKAGE}@${VERSION}`]);
}
// npm passes over the optional peers of the very package it stands in.
const folder =
  packageFolder() ??
  fail(
    "npm did not install it; run this in a project that has rp-bench installed, not in rp-bench's own folder",
  );
const stamp = join(folder, "deps", "wheel.json");
const done = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : null;
if (done?.wheel === wanted && works(folder).status === 0) {
  say(`${PACKAGE} works already, with ${done.wheel}`);
  process.exit(0);
}

const work = mkdtempSync(join(tmpdir(), "setup-tfjs-node-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

say(`downloading ${wanted}, some hundred megabytes`);
run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", work, ...PLATFORM, wanted]);
const wheel = join(
  work,
  readdirSync(work).find((name) => name.endsWith(".whl")) ?? fail("pip left no wheel"),
);
const sha256 = await sha256Of(wheel);
const known = KNOWN_SHA256[wanted];
if (known && known !== sha256) fail(`${wanted}: SHA-256 is ${sha256} instead of ${known}; not used`);
say(
  known ? "its SHA-256 is the known one" : `its SHA-256 is ${sha256}, checked by pip against its index alone`,
);

say("unpacking the libraries and headers");
run("python3", [
  "-c",
  `import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith("tensorflow/include/") or name.startswith(("tensorflow/libtensorflow_cc.so", "tensorflow/libtensorflow_framework.so")):
            wheel.extract(name, sys.argv[2])`,
  wheel,
  work,
]);
const libraries = join(folder, "deps", "lib");
mkdirSync(libraries, { recursive: true });
const unpacked = join(work, "tensorflow");
for (const name of ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]) {
  if (!existsSync(join(unpacked, name))) fail(`${wanted} has no ${name}; try ${DEFAULT_WHEEL}`);
  run("cp", [join(unpacked, name), join(libraries, name)]);
}

say("compiling the binding");
const headers = createRequire(fileURLToPath(import.meta.url)).resolve("node-api-headers/package.json");
const output = join(folder, "lib", "napi-v8");
mkdirSync(output, { recursive: true });
const binding = join(folder, "binding");
run("g++", [
  ...[
    "-std=c++17",
    "-O2",
    "-fPIC",
    "-shared",
    "-w",
    "-DNAPI_VERSION=8",
    "-DNODE_GYP_MODULE_NAME=tfjs_binding",
  ],
  ...["-I", join(dirname(headers), "include"), "-I", join(unpacked, "include"), "-I", binding],
  ...readdirSync(binding)
    .filter((name) => name.endsWith(".cc"))
    .map((name) => join(binding, name)),
  ...["-o", join(output, "tfjs_binding.node"), "-L", libraries],
  ...["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2", "-Wl,-rpath,$ORIGIN/../../deps/lib"],
]);

const { status, stdout, stderr } = works(folder);
if (status !== 0) fail(`it was compiled but does not work:\n${stdout}${stderr}`);
writeFileSync(stamp, `${JSON.stringify({ wheel: wanted, sha256 }, null, 2)}\n`);
say(`${PACKAGE} ${VERSION} works, with ${wanted}`);
