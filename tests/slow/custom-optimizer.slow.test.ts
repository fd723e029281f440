// An optimizer of the user's own (`--optimizer ./mine.mjs`) is recorded by its name and checksum, fails without harm to
// other runs, and can be tuned in a study.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { SELECTION_COLUMNS } from "../../src/sweep/tables.js";
import { root, rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";
import { readPicture } from "../support/png.js";

const SIGN = `export default {
  create: ({ learningRate }) => async (session, batch) => {
    const g = await session.gradient(batch);
    session.setParameters(session.parameters().map((w, i) => w - learningRate * Math.sign(g[i])));
  },
};`;
const FAILING = `let steps = 0;
export default { create: () => () => { if (++steps === 4) throw new Error("out of ideas"); } };`;
const network = ["--layers", "784,4,784", "--train-limit", "200", "--batch-size", "20", "--epochs", "1"];

const read = (...path: string[]) => readFileSync(join(...path), "utf8");
const table = (folder: string, name: string, columns: readonly string[]) =>
  readCsv(read(folder, name), name, columns);

describe("rp-bench run --optimizer ./mine.mjs", () => {
  const cwd = sharedFolder();
  const out = join(cwd, "out");
  const run = (args: string[], more = network) => rpBench(["run", ...args, ...more], { cwd });
  const mine = ["--optimizer", "./My_Rule.mjs", "--lr", "0.001", "--out", out];

  it("writes the file's name and checksum, and no path", async () => {
    writeFileSync(join(cwd, "My_Rule.mjs"), SIGN);
    const { code, stdout } = await run(mine);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^my-rule +0\.001 +done/m);
    const [entry] = JSON.parse(read(out, "manifest.json")).config.optimizers;
    expect(entry).toEqual({
      ...{ name: "module", file: "My_Rule.mjs", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ...{ learningRate: 0.001, settings: {}, label: "my-rule" },
    });
    const written = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.\w+$/.test(name),
    );
    expect(written).toContain(join("runs", "mnist-my-rule-lr0.001-seed0.safetensors"));
    for (const name of written) expect(readFileSync(join(out, name)).includes(cwd), name).toBe(false);
    const [row] = table(out, "summary.csv", SUMMARY_COLUMNS);
    expect([row.label, row.optimizer]).toEqual(["my-rule", "My_Rule.mjs"]);
    // The first colour after those of the built-in optimizers.
    const figure = await readPicture(join(out, "figures", "b-mnist.png"));
    expect(figure.count("#CC79A7", { left: 0.1, right: 1, top: 0.1, bottom: 0.9 })).toBeGreaterThan(500);
  });

  it("keeps the run for the same file, and refuses the folder to another", async () => {
    const again = await run(mine);
    expect([again.code, again.stderr]).toEqual([
      0,
      expect.stringContaining("my-rule, rate 0.001: kept, done"),
    ]);
    writeFileSync(join(cwd, "My_Rule.mjs"), `${SIGN}\n`);
    const { code, stderr } = await run(mine);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^rp-bench: .*: holds results of another configuration: [\w.-]+\.m?js has changed;/,
    );
  });

  it("goes on with the other runs where an update throws, and exits 1", async () => {
    writeFileSync(join(cwd, "failing.mjs"), FAILING);
    const failed = join(cwd, "failed");
    const { code, stdout, stderr } = await run([
      ...["--optimizer", "failing.mjs", "--optimizer", "adam", "--lr", "1", "--lr", "0.001", "--out", failed],
    ]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^failing +1 +failed at step 3/m)]);
    expect(stdout).toMatch(/^adam +0\.001 +done/m);
    expect(stderr).toContain("failing, rate 1: failed at step 3: failing.mjs: out of ideas\n");
    const record = JSON.parse(read(failed, "runs", "mnist-failing-lr1-seed0.json"));
    expect(record).toMatchObject({
      status: "failed",
      reason: "failing.mjs: out of ideas",
      optimizer: "failing.mjs",
    });
  });

  it("keeps what goes wrong in a module to its own run, wherever it goes wrong", async () => {
    const folder = temporaryFolder();
    const modules = {
      hanging: "() => new Promise(() => {})",
      again: "async () => { await new Promise(() => {}); }",
      stray: "() => { if (++steps === 3) void Promise.reject(new Error('left alone')); }",
      timer: `async () => {
        if (++steps === 2) setTimeout(() => { throw new Error("in a timer"); });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }`,
      absent: "() => import('./nowhere.mjs')",
    };
    const options = Object.entries(modules).flatMap(([name, update]) => {
      const source = `let steps = 0;\nexport default { create: () => ${update} };`;
      writeFileSync(join(folder, `${name}.mjs`), source);
      return ["--optimizer", `./${name}.mjs`, "--lr", "1"];
    });
    const adam = ["--optimizer", "adam", "--lr", "0.001"];
    const args = ["run", ...options, ...adam, "--quiet", "--out", "out", ...network];
    const { code, stdout, stderr } = await rpBench(args, { cwd: folder });
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/^adam +0\.001 +done/m);
    const runs = join(folder, "out", "runs");
    const told = Object.keys(modules).map((name) => {
      const { status, step, reason } = JSON.parse(read(runs, `mnist-${name}-lr1-seed0.json`));
      return [status, step, reason];
    });
    expect(told).toEqual([
      ["failed", 0, "hanging.mjs: the update never ended"],
      ["failed", 0, "again.mjs: the update never ended"],
      ["failed", 2, "stray.mjs: left alone"],
      ["failed", 1, "timer.mjs: in a timer"],
      ["failed", 0, expect.stringMatching(/^absent\.mjs: Cannot find module .* imported from /)],
    ]);
    expect(JSON.stringify(told)).not.toContain(folder);
  });

  it.each([
    [
      "a create that never ends",
      "export default { create: () => new Promise(() => {}) };",
      /create failed \(it never ended\)/,
    ],
    [
      "a module that never loads",
      "await new Promise(() => {});",
      /bad\.mjs: cannot be loaded \(it never ended\)/,
    ],
    ["no module", "export default {", /bad\.mjs: cannot be loaded \(Unexpected end of input\)/],
    ["a failing create", "export default { create() { throw 1; } };", /bad\.mjs: create failed \(1\)/],
  ])("exits 2 with one line and writes nothing: %s", async (_, source, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "bad.mjs"), source);
    const args = ["run", "--optimizer", "./bad.mjs", "--lr", "1", ...network];
    const { code, stderr } = await rpBench(args, { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rp-bench: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder, "results"))).toBe(false);
  });
});

describe("a study with a module", () => {
  const cwd = sharedFolder();
  const page = (name: string, language: string) =>
    [...read(root, "docs", name).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(
      (match) => match[1],
    );
  const shorter = ["--train-limit", "400", "--epochs", "1"];

  it("is the one of docs/protocol.md, cut short, and one that fails beside it", async () => {
    const folder = join(cwd, "study");
    mkdirSync(folder);
    const [module] = page("extend.md", "js");
    writeFileSync(join(folder, "my-rmsprop.mjs"), module);
    writeFileSync(
      join(folder, "failing.mjs"),
      "export default { create: () => () => { throw new Error('never'); } };",
    );
    writeFileSync(
      join(folder, "hanging.mjs"),
      "export default { create: () => () => new Promise(() => {}) };",
    );
    writeFileSync(
      join(folder, "stray.mjs"),
      "export default { create: () => () => void Promise.reject(new Error('left alone')) };",
    );
    const config = JSON.parse(page("protocol.md", "json")[0]);
    config.datasets[0] = { ...config.datasets[0], layerSizes: [784, 8, 784], finalSeeds: 2 };
    config.optimizers = [...config.optimizers.slice(0, 2), { name: "./failing.mjs" }];
    config.optimizers.push({ name: "./hanging.mjs" }, { name: "./stray.mjs" });
    writeFileSync(join(folder, "mine.json"), JSON.stringify({ ...config, batchSize: 20, mostRates: 4 }));
    const [npx, name, command, , ...args] = page("protocol.md", "sh")[0].trim().split(/\s+/);
    expect([npx, name, command]).toEqual(["npx", "rp-bench", "sweep"]);
    // From another folder than the configuration's.
    const { code, stderr } = await rpBench(["sweep", join("study", "mine.json"), ...args, ...shorter], {
      cwd,
    });
    expect(code).toBe(1);
    expect(stderr).toContain("rp-bench: mnist: no rate of failing held for every tuning seed\n");
    expect(stderr).toMatch(
      /^rp-bench: mnist-failing-lr0\.001-seed1000: failed \(failing\.mjs: never\); the same/m,
    );
    expect(stderr).toContain("seed1000: failed (hanging.mjs: the update never ended); the same");
    expect(stderr).toContain("seed1000: failed (stray.mjs: left alone); the same");
    expect(stderr).not.toMatch(/^ +at /m); // no stack

    const out = join(cwd, "results", "mine");
    const rates = table(out, "selection.csv", SELECTION_COLUMNS).filter(
      ({ label }) => label === "my-rmsprop",
    );
    expect(rates.length).toBeGreaterThanOrEqual(3);
    expect(rates.filter(({ chosen }) => chosen === "yes")).toHaveLength(1);
    const final = table(out, "summary.csv", SUMMARY_COLUMNS).filter(({ role }) => role === "final");
    expect(final.map(({ label, optimizer, settings, seed }) => [label, optimizer, settings, seed])).toEqual([
      ["my-rmsprop", "my-rmsprop.mjs", "beta 0.95", "0"],
      ["my-rmsprop", "my-rmsprop.mjs", "beta 0.95", "1"],
      ["rp", "rp", "", "0"],
      ["rp", "rp", "", "1"],
    ]);
    expect(read(out, "step-times.csv")).toMatch(/^mnist,my-rmsprop,/m);
    expect(read(out, "findings.md")).toContain("my-rmsprop");
    const compared = await rpBench(["compare", out, out], { cwd });
    expect([compared.code, compared.stdout]).toEqual([
      0,
      expect.stringMatching(/MNIST +my-rmsprop .*\+?0\.0 %/),
    ]);

    // Another study takes its runs over, while the file is the same.
    const reuse = [
      "sweep",
      join("study", "mine.json"),
      ...shorter,
      "--reuse",
      out,
      "--dry-run",
      "--json",
      "--out",
    ];
    const made = async (folder: string) => {
      const { stdout } = await rpBench([...reuse, folder], { cwd });
      return JSON.parse(stdout).rows.map((row: { label: string; left: number }) => [
        row.label,
        row.left === 0,
      ]);
    };
    expect(await made("other")).toEqual([
      ["my-rmsprop", true],
      ["rp", true],
      ["failing", false],
      ["hanging", false],
      ["stray", false],
    ]);
    writeFileSync(join(folder, "my-rmsprop.mjs"), `${module}\n`);
    expect(await made("another")).toEqual([
      ["my-rmsprop", false],
      ["rp", true],
      ["failing", false],
      ["hanging", false],
      ["stray", false],
    ]);
  });
});
