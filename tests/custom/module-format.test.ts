// What a user's file is told that Node reads as CommonJS though it is an ES module. A package.json makes every Node do
// so; tests/slow/oldest-node.slow.test.ts has the Node that does it without one.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rpBench, temporaryFolder } from "../support/cli.js";

const network = ["--layers", "784,4,784", "--train-limit", "200", "--batch-size", "20", "--epochs", "1"];
const run = (cwd: string, file: string) =>
  rpBench(["run", "--optimizer", `./${file}`, "--lr", "0.1", ...network, "--quiet", "--out", "out"], {
    cwd,
    env: { NODE_NO_WARNINGS: "1" }, // Node's own remark on such a file
  });

/** A folder whose .js files are of a type. */
function folderOf(type: "commonjs" | "module", files: Record<string, string>): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ type }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return cwd;
}

const told = (name: string) =>
  `; Node reads ${name}.js as CommonJS, but it is an ES module: call it ${name}.mjs\n`;

describe("a .js file that is an ES module and is read as CommonJS", () => {
  it.each([
    ["export", "export default { create: () => () => {} };", "Unexpected token 'export'"],
    ["import", 'import "node:fs";', "Cannot use import statement outside a module"],
    ["import.meta", "import.meta.url;", "Cannot use 'import.meta' outside a module"],
    [
      "await",
      "await 1;\nmodule.exports = 1;",
      "await is only valid in async functions and the top level bodies of modules",
    ],
  ])("is to be called .mjs: %s", async (_, source, complaint) => {
    const cwd = folderOf("commonjs", { "mine.js": source });
    const { code, stderr } = await run(cwd, "mine.js");
    expect([code, stderr]).toEqual([2, `rp-bench: mine.js: cannot be loaded (${complaint})${told("mine")}`]);
    expect(readdirSync(cwd)).not.toContain("out");
  });

  it("is named where another file loads it", async () => {
    const cwd = folderOf("commonjs", {
      "mine.mjs": 'import "./help.js";',
      "help.js": "export const one = 1;",
    });
    const { code, stderr } = await run(cwd, "mine.mjs");
    expect(code).toBe(2);
    expect(stderr).toBe(`rp-bench: mine.mjs: cannot be loaded (Unexpected token 'export')${told("help")}`);
  });

  it.each([
    ["a file that is CommonJS and does not parse", "commonjs", { "mine.js": "module.exports = {" }],
    ["an ES module that does not parse", "module", { "mine.js": "const open = () => {\nexport default {};" }],
    [
      "one that another loads",
      "module",
      { "mine.js": 'import "./help.js";', "help.js": "const open = () => {\nexport const one = 1;" },
    ],
  ] as const)("is not what is wrong with %s", async (_, type, files) => {
    const { code, stderr } = await run(folderOf(type, files), "mine.js");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rp-bench: mine\.js: cannot be loaded \(Unexpected [^)]+\)\n$/);
  });

  it("may be CommonJS, and be used", async () => {
    const source = "module.exports = { create: () => () => {} };";
    const cwd = folderOf("commonjs", { "mine.js": source });
    expect((await run(cwd, "mine.js")).code).toBe(0);
  });
});
