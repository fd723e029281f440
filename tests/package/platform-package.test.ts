// The compiled kernels of the package for a platform: when they serve, and what is said where they do not. The package is
// made by scripts/build-packages.js, which tests/slow/packages.slow.test.ts runs.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type * as AddonModule from "../../src/kernels/addon.js";
import { root, rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";
import { copyPackage } from "../support/package-copy.js";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const local = join(root, "native", "build", "rp_bench.node");
const platform = `@rp-bench/${process.platform}-${process.arch}`;
const folder = sharedFolder();
let copy = "";
let loader: typeof AddonModule;

/** rp-bench without kernels of its own, as npm installs it beside this package. */
function installPackage(name: string, manifest: string, kernels: string): string {
  const place = join(copy, "node_modules", name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), manifest);
  cpSync(kernels, join(place, "rp_bench.node"));
  return join(place, "rp_bench.node");
}
const manifestOf = (name: string, of = version) => JSON.stringify({ name, version: of });
const isHere = existsSync(local);

describe.skipIf(!isHere)("the package of a platform", () => {
  beforeAll(async () => {
    copy = copyPackage({ folder });
    loader = await import(pathToFileURL(join(copy, "dist", "kernels", "addon.js")).href);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    for (const made of [join(copy, "node_modules", "@rp-bench"), join(copy, "native", "build")]) {
      rmSync(made, { recursive: true, force: true });
    }
  });

  it("serves where none were built, and comes after those that were", () => {
    const path = installPackage(platform, manifestOf(platform), local);
    const { addon, build: taken } = loader.loadAddon();
    expect(addon.instructionSet("portable")).toBe("portable");
    expect(taken).toEqual({
      ...{ path, origin: "package" },
      passedOver: "the native kernels are not built: the install script did not run",
    });
    const built = join(copy, "native", "build", "rp_bench.node");
    cpSync(local, built);
    expect(loader.nativeBuild()).toEqual({ path: built, origin: "built", passedOver: null });
  });

  it("is what an install script without a compiler names as the remedy", () => {
    const install = () =>
      spawnSync(process.execPath, [join(copy, "scripts", "build-native.js"), "--optional"], {
        ...{ cwd: copy, encoding: "utf8" },
        env: { ...process.env, CXX: "/none/g++" },
      });
    expect(install().stderr).toMatch(/\nrp-bench: install a C\+\+17 compiler/);
    installPackage(platform, manifestOf(platform), local);
    const { status, stderr } = install();
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/\nrp-bench: the prebuilt ones of the package are used/),
    ]);
  });

  it.each([
    [
      "another version",
      manifestOf(platform, "9.9.9"),
      / are of version 9\.9\.9 and rp-bench is of version \d/,
    ],
    ["no version", "{}", / are of version undefined and/],
    ["no manifest", "<html>", / have no version that can be read \(.*JSON/],
  ])("is refused in one line where it is of %s", (_, manifest, reason) => {
    installPackage(platform, manifest, local);
    expect(loader.loadAddon).toThrow(
      expect.objectContaining({
        code: "ENGINE_UNAVAILABLE",
        message: expect.stringMatching(
          new RegExp(`^[^\n]*; those of the package ${platform}${reason.source}[^\n]*; build them: [^\n]*$`),
        ),
      }),
    );
  });

  // In processes of their own: one keeps what it once loaded from a path.
  it.each([
    ["damaged", (path: string) => writeFileSync(path, "not a library")],
    ["gone", (path: string) => rmSync(path)],
  ])("is refused in one line where its file is %s", async (_, change) => {
    change(installPackage(platform, manifestOf(platform), local));
    const args = ["run", "--engine", "native", "--out", join(temporaryFolder(), "out")];
    const { code, stderr } = await rpBench(args, { bin: join(copy, "bin", "rp-bench.js") });
    const refused = new RegExp(
      `^rp-bench: .*; those of the package ${platform} do not load \\(.*\\); build them: .*\n$`,
    );
    expect([code, stderr]).toEqual([3, expect.stringMatching(refused)]);
  });

  it.skipIf(process.platform !== "linux")("is another one without glibc", () => {
    const glibc = installPackage(platform, manifestOf(platform), local);
    const musl = installPackage(`${platform}-musl`, manifestOf(`${platform}-musl`), local);
    expect(loader.nativeBuild().path).toBe(glibc);
    vi.spyOn(process.report, "getReport").mockReturnValue({ header: {} });
    expect(loader.nativeBuild().path).toBe(musl);
  });

  it("gives way to the WebAssembly kernels with a warning where it is of another version", async () => {
    installPackage(platform, manifestOf(platform, "9.9.9"), local);
    const out = join(temporaryFolder(), "out");
    const small = ["--train-limit", "30", "--batch-size", "9", "--epochs", "1", "--layers", "784,4,784"];
    const args = ["run", ...small, "--optimizer", "sgd", "--lr", "1", "--threads", "1", "--out", out];
    const { code, stderr } = await rpBench(args, { bin: join(copy, "bin", "rp-bench.js") });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /warning.* of version 9\.9\.9 and .*\(npm install @rp-bench\/\S+@\S+ brings the right ones\).*WebAssembly/,
    );
    expect(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")).engine.name).toBe("wasm");
  });
});

// Files of this shape are what inspect.py reads; the real ones are read in tests/slow/packages.slow.test.ts.
describe("what is wrong with a file of kernels is named:", async () => {
  const scripts = join(root, "scripts", "packages");
  const { complaints } = (await import(join(scripts, "inspect.js"))) as {
    complaints(found: object, platform: object): string[];
  };
  const { PLATFORMS } = (await import(join(scripts, "platforms.js"))) as {
    PLATFORMS: Record<string, object>;
  };
  const exports = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];
  const libraries = ["libc.so.6", "libm.so.6"];
  const elf = { format: "ELF", machine: "X86_64", exports, libraries, system: "2.16", host: ["napi_typeof"] };
  const macho = { ...elf, format: "MACHO", machine: "ARM64", libraries: ["/usr/lib/libSystem.B.dylib"] };

  it.each<[string, string, object, string[]]>([
    ["nothing", "linux-x64", elf, []],
    ["its processor", "linux-arm64", elf, ["it is for the processor X86_64, not AARCH64"]],
    [
      "the function that Node calls is not there",
      "linux-x64",
      { ...elf, exports: exports.slice(1) },
      ["it does not export napi_register_module_v1"],
    ],
    [
      "it exports an allocator to Node",
      "linux-x64",
      { ...elf, exports: [...exports, "_Znwm"] },
      ["it exports _Znwm"],
    ],
    [
      "it asks for a C++ library",
      "linux-x64",
      { ...elf, libraries: ["libstdc++.so.6"] },
      ["it asks for libstdc++.so.6"],
    ],
    [
      "it asks Node for what it has not",
      "linux-x64",
      { ...elf, host: ["napi_typeof", "floor"] },
      ["it asks Node for floor"],
    ],
    [
      "its system is too new",
      "linux-x64",
      { ...elf, system: "2.35" },
      ["it needs the system's version 2.35, at most 2.28 is portable"],
    ],
    [
      "it is not signed, on Apple's processors",
      "darwin-arm64",
      { ...macho, system: "11.0", isSigned: false },
      ["it is not signed"],
    ],
    ["nothing, on Apple's processors", "darwin-arm64", { ...macho, system: "11.0", isSigned: true }, []],
  ])("%s", (_, name, found, expected) => {
    expect(complaints(found, PLATFORMS[name])).toEqual(expected);
  });
});

it.each([
  [["amiga-m68k"], "unknown platform amiga-m68k; known: linux-x64, "],
  [["linux-x64", "--out", root], `${root}: has files already; name an empty folder`],
])("build-packages.js %j says in one line what is wrong, and makes nothing", (args, line) => {
  const script = join(root, "scripts", "build-packages.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^build-packages: [^\n]+\n$/);
  expect(stderr).toContain(line);
});
