// docs/extend.md, followed to the letter: what it adds is added to a copy of the sources, built once and run.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { root, rpBench, sharedFolder } from "../support/cli.js";
import { copyPackage } from "../support/package-copy.js";

const page = readFileSync(join(root, "docs", "extend.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1]);

/** Files by the name that their first line gives. */
const files = (language: string) =>
  blocks(language).map((text) => ({ name: /^\/\/ ([\w./-]+)/.exec(text)?.[1] ?? "", text }));

/** Applies a block of hunks; the lines that each leaves and removes must be in the file once. */
function applyDiff(folder: string, diff: string): void {
  const [head, ...hunks] = diff.split(/^@@\n/m);
  const path = join(folder, head.replace("+++ ", "").trim());
  let text = readFileSync(path, "utf8");
  for (const hunk of hunks) {
    const lines = hunk.split("\n").filter(Boolean);
    const side = (signs: string) =>
      lines.filter(([sign]) => signs.includes(sign)).map((line) => `${line.slice(1)}\n`);
    const old = side(" -").join("");
    expect(text.split(old), `${path}: ${old}`).toHaveLength(2);
    text = text.replace(old, () => side(" +").join(""));
  }
  writeFileSync(path, text);
}

const summaryOf = (folder: string) => {
  const path = join(folder, "summary.csv");
  return readCsv(readFileSync(path, "utf8"), path, SUMMARY_COLUMNS);
};
const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
const tiny = ["--layers", "64,8,64", "--batch-size", "50", "--epochs", "2"];

describe("what is added to the sources", () => {
  const cwd = sharedFolder();
  let bin = "";
  const run = async (name: string, args: string[]) => {
    const out = join(cwd, name);
    const { code, stderr } = await rpBench(["run", ...args, ...tiny, "--out", out], { bin, cwd });
    expect([code, stderr.match(/^rp-bench: .*/gm)]).toEqual([0, null]);
    return out;
  };
  beforeAll(() => {
    const copy = copyPackage({ sources: true, native: true, folder: cwd });
    for (const { name, text } of files("ts")) writeFileSync(join(copy, name), text);
    for (const diff of blocks("diff")) applyDiff(copy, diff);
    const build = spawnSync(process.execPath, [join(copy, "scripts", "build.js")], { encoding: "utf8" });
    expect([build.status, build.stdout, build.stderr]).toEqual([0, "", ""]);
    bin = join(copy, "bin", "rp-bench.js");
    for (const { name, text } of files("js")) writeFileSync(join(cwd, name), text);
    expect(spawnSync(process.execPath, ["make-bars.mjs"], { cwd }).status).toBe(0);
  });

  it("has the dataset, found, verified and of another size", async () => {
    const { code, stdout } = await rpBench(["data", "verify", "bars"], { bin, cwd });
    expect([code, stdout]).toEqual([0, `bars: verified, ${join("data", "bars")} (data/)\n`]);
    const none = await rpBench(["run", "--dataset", "bars"], { bin, cwd });
    expect([none.code, none.stderr]).toEqual([
      2,
      "rp-bench: bars has no tuned rates; give --optimizer and --lr, or optimizers in a --config file\n",
    ]);
  });

  it("has the optimizer, with its title, settings and the numbers of its rule", async () => {
    // The rule once more, as a module: the same arithmetic by another way.
    writeFileSync(
      join(cwd, "again.mjs"),
      `export default { create({ learningRate, parameterCount }) {
        let m = new Float32Array(parameterCount);
        return async (session, batch) => {
          const g = await session.gradient(batch);
          const sign = m.map((mi, i) => Math.sign(0.9 * mi + 0.1 * g[i]));
          m = m.map((mi, i) => 0.99 * mi + 0.01 * g[i]);
          session.setParameters(session.parameters().map((w, i) => w - learningRate * sign[i]));
        };
      } };`,
    );
    const args = ["--dataset", "bars", "--optimizer", "lion", "--optimizer", "./again.mjs"];
    const rates = ["--lr", "0.005", "--lr", "0.005", "--engine", "native"];
    const [lion, again] = summaryOf(await run("lion", [...args, ...rates]));
    expect(lion).toMatchObject({ label: "lion", optimizer: "lion", settings: "", status: "done" });
    // 36 steps whose signs all agree, but for entries near 0 that float32 rounds to either side.
    expect(Number(lion.test_loss) / Number(again.test_loss)).toBeCloseTo(1, 4);
    const config = join(cwd, "lion.json");
    const entry = { name: "lion", learningRate: 0.005, beta1: 0.5 };
    writeFileSync(config, JSON.stringify({ dataset: "bars", optimizers: [entry] }));
    const [other] = summaryOf(await run("lion-5", ["--config", config]));
    expect(other.settings).toBe("beta1 0.5");
    expect(other.test_loss).not.toBe(lion.test_loss);
    const { stdout } = await rpBench(["run", "--help"], { bin, cwd });
    expect(stdout.replace(/\s+/g, " ")).toContain("adahessian, sophia, lion or your own");
    const tfjs = [...args.slice(0, 4), "--lr", "1", "--engine", "tfjs", ...tiny];
    const absent = await rpBench(["run", ...tfjs, "--out", join(cwd, "tfjs")], { bin, cwd });
    expect([absent.code, absent.stdout]).toEqual([1, expect.stringContaining("failed at step 0")]);
    expect(absent.stderr).toContain("the tfjs engine has no lion; use native or reference");
  });

  it("has the engine, whose numbers are the reference's but for rounding", async () => {
    const args = ["--dataset", "bars", "--optimizer", "adam", "--lr", "0.01", "--engine"];
    const [double, reference] = [
      await run("double", [...args, "double"]),
      await run("ref", [...args, "reference"]),
    ];
    expect(manifestOf(double).engine.name).toBe("double");
    const [a, b] = [double, reference].map((folder) => Number(summaryOf(folder)[0].test_loss));
    expect(a).not.toBe(b);
    expect(a / b).toBeCloseTo(1, 4);
  });
});

describe("the optimizer without forking", () => {
  const cwd = sharedFolder();
  const shorter = ["--train-limit", "200", "--batch-size", "20", "--epochs", "1", "--layers", "784,8,784"];

  it("is a file and the command on the page", async () => {
    const [module] = files("js");
    writeFileSync(join(cwd, module.name), module.text);
    const [npx, name, ...args] = (blocks("sh")[0] ?? "").trim().split(/\s+/);
    expect([npx, name]).toEqual(["npx", "rp-bench"]);
    const { code, stdout, stderr } = await rpBench([...args, ...shorter, "--out", "out"], { cwd });
    expect([code, stderr.match(/^rp-bench: .*/gm)]).toEqual([0, null]);
    expect(stdout).toMatch(/^my-rmsprop +0\.001 +done/m);
    expect(summaryOf(join(cwd, "out")).map(({ optimizer }) => optimizer)).toEqual(["my-rmsprop.mjs", "adam"]);
  });

  it("takes the settings of the page's configuration, relative to that file", async () => {
    const folder = join(cwd, "elsewhere");
    mkdirSync(folder);
    const [module] = files("js");
    writeFileSync(join(folder, module.name), module.text);
    writeFileSync(join(folder, "mine.json"), blocks("json")[0]);
    const config = join(folder, "mine.json");
    const { code } = await rpBench(["run", "--config", config, ...shorter, "--out", "settings"], { cwd });
    expect(code).toBe(0);
    const [fast, slow] = summaryOf(join(cwd, "settings"));
    expect([fast.label, fast.settings, slow.label, slow.settings]).toEqual([
      "my-rmsprop",
      "",
      "slow",
      "beta 0.99",
    ]);
    expect(fast.test_loss).not.toBe(slow.test_loss);
  });
});
