// `npm ci` of a fresh clone succeeds with and without a C++ compiler, and the main command runs in each.

import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, rpBench } from "../support/cli.js";

const small = [
  "--train-limit",
  "200",
  "--epochs",
  "1",
  "--layers",
  "784,8,784",
  "--optimizer",
  "sgd",
  "--lr",
  "1",
];

describe.each([
  ["with a compiler", {}, "native"],
  ["without one", { CXX: "/none/g++" }, "wasm"],
])("npm ci %s", (_, env, engine) => {
  it(`runs on the ${engine} kernels`, async () => {
    const clone = join(mkdtempSync(join(tmpdir(), "rp-bench-clone-")), "rp-bench");
    execFileSync("git", ["clone", "-q", root, clone]);
    execFileSync("npm", ["ci"], { cwd: clone, env: { ...process.env, ...env }, stdio: "pipe" });
    const bin = join(clone, "bin", "rp-bench.js");
    const { code, stdout, stderr } = await rpBench(["run", ...small, "--json", "--out", join(clone, "out")], {
      bin,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).engine.name).toBe(engine);
    expect(stderr.includes("warning")).toBe(engine === "wasm");
  });
});
