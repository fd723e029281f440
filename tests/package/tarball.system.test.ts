// The npm package: what it holds, and that it runs natively where nothing can be compiled.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { root, sharedFolder } from "../support/cli.js";
import {
  copyKernels,
  createProject,
  filesOf,
  type Packed,
  packTree,
  toolFolder,
} from "../support/tarball.js";

const work = sharedFolder();
const installed = join(work, "project", "node_modules", "rp-bench");
const prebuilt = join("native", "prebuilt", "linux-x64", "rp_bench.node");
const isPrebuilt = process.platform === "linux" && process.arch === "x64";

let packed: Packed;
let project: ReturnType<typeof createProject>;

beforeAll(() => {
  packed = packTree(work);
  project = createProject(join(work, "project"), toolFolder(join(work, "tools")));
  project.run("npm", "install", "--prefer-offline", "--no-audit", "--ignore-scripts", packed.tarball);
}, 600_000); // a registry may be slow

it("holds what it needs, and no test, result or TypeScript source", () => {
  const kept = packed.sources.filter(
    (path) =>
      /^(bin|configs|docs|native)\//.test(path) && !["native/bits.cc", "native/check.cc"].includes(path),
  );
  const compiled = packed.sources
    .filter(
      (path) => path.startsWith("src/") && !path.startsWith("src/report/page/") && !path.endsWith(".d.ts"),
    )
    .flatMap((path) =>
      [".js", ".d.ts"].map((extension) => path.replace(/^src/, "dist").replace(/\.ts$/, extension)),
    );
  const bundled = ["page.js", "page-style.css"].map((name) => `dist/report-page/${name}`);
  const others = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  const benchmarks = ["backends", "contestants", "problem"].map((name) => `benchmarks/${name}.js`);
  const scripts = ["build-native", "native-flags", "setup-tfjs-node"].map((name) => `scripts/${name}.js`);
  expect(filesOf(installed).sort()).toEqual(
    [
      ...kept,
      ...compiled,
      ...bundled,
      ...others,
      ...benchmarks,
      ...scripts,
      ...(isPrebuilt ? [prebuilt] : []),
    ].sort(),
  );
  expect(statSync(packed.tarball).size).toBeLessThan(3.5e6);
});

it("names no folder of the machine that made it", () => {
  for (const path of filesOf(installed)) {
    for (const folder of [resolve(root), work]) {
      expect(readFileSync(join(installed, path)).includes(folder), `${folder} in ${path}`).toBe(false);
    }
  }
});

it.skipIf(!isPrebuilt)("runs natively without install scripts and without a compiler", () => {
  const size = ["--train-limit", "200", "--epochs", "1", "--layers", "784,8,784"];
  const out = join(project.folder, "out");
  const args = [...size, "--engine", "native", "--verbose", "--out", out];
  const { stderr } = project.run(join("node_modules", ".bin", "rp-bench"), "run", ...args);
  expect(stderr).toContain(`kernels prebuilt: ${join(installed, prebuilt)}`);
  const { engine } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
  expect(engine.name).toBe("native");
  expect(["avx512", "avx2", "portable"]).toContain(engine.instructionSet);
  expect(readdirSync(join(out, "figures")).length).toBeGreaterThan(0); // drawn with the font of a dependency
});

// That the bytes are then the same too takes two builds: tests/slow/package.slow.test.ts.
it.skipIf(!isPrebuilt)("has its kernels compiled by the same commands wherever they are built", () => {
  const commandsIn = (folder: string, flags: string) => {
    copyKernels(packed, folder);
    // A compiler that writes down what it is asked for, and makes an empty file.
    const compiler = join(work, "compiler.cjs");
    writeFileSync(
      compiler,
      `const { appendFileSync, writeFileSync } = require("node:fs");
       const args = process.argv.slice(2);
       appendFileSync("commands", JSON.stringify(args) + "\\n");
       if (args.includes("-o")) writeFileSync(args[args.indexOf("-o") + 1], "");`,
    );
    const env = { ...process.env, CXX: `${process.execPath} ${compiler}`, CXXFLAGS: flags };
    const built = spawnSync(process.execPath, ["scripts/build-native.js", "--prebuilt"], {
      ...{ cwd: folder, env },
      encoding: "utf8",
    });
    expect([built.stderr, built.status]).toEqual(["", 0]);
    return readFileSync(join(folder, "native", "commands"), "utf8")
      .trim()
      .split("\n")
      .sort();
  };
  const here = commandsIn(join(work, "here"), "");
  // Programs, another processor's, and WebAssembly's.
  const others = ["native/bits.cc", "native/check.cc", "native/simd/neon.cc", "native/simd/wasm.cc"];
  const sources = packed.sources.filter(
    (path) => /^native\/(?!wasm\/).*\.cc$/.test(path) && !others.includes(path),
  );
  for (const source of sources) {
    const file = JSON.stringify(relative("native", source));
    expect(here.filter((command) => command.includes(file))).toHaveLength(1);
  }
  for (const command of here) expect(command).not.toContain(work);
  expect(commandsIn(join(work, "another", "folder"), "-O1")).toEqual(here); // CXXFLAGS is not theirs
});
