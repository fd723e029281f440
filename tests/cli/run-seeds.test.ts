// `rp-bench run` with several seeds, rates and variants, on real MNIST cut short.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { groupRuns, seedNote } from "../../src/figures/groups.js";
import { readCsv } from "../../src/results/csv.js";
import { readResults } from "../../src/results/results.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { call } from "../support/call.js";
import { sharedFolder } from "../support/cli.js";
import { readPicture } from "../support/png.js";

const small = ["--train-limit", "200", "--epochs", "2", "--layers", "784,8,784", "--threads", "1"];
const optimizers = [
  ...["--optimizer", "rp:learningRate=2", "--optimizer", "rp:momentum=0.5,learningRate=2"],
  ...["--optimizer", "adam", "--lr", "0.001", "--lr", "0.01"],
];
const labels = ["rp", "rp-momentum-0.5", "adam-lr0.001", "adam-lr0.01"];

describe("several seeds, rates and variants", () => {
  const out = join(sharedFolder(), "out");
  const command = ["run", ...small, ...optimizers, "--seeds", "3", "--out", out];
  const summary = () => {
    const path = join(out, "summary.csv");
    return readCsv(readFileSync(path, "utf8"), path, SUMMARY_COLUMNS);
  };
  const medianOf = (label: string) =>
    summary()
      .filter((row) => row.label === label)
      .map((row) => Number(row.test_loss))
      .sort((a, b) => a - b)[1];

  it("are runs of their own, under the same names everywhere", async () => {
    const { code, stdout, stderr } = await call(command);
    expect(code).toBe(0);
    expect(summary().map(({ label, seed }) => `${label} ${seed}`)).toEqual(
      labels.flatMap((label) => [0, 1, 2].map((seed) => `${label} ${seed}`)),
    );
    const names = summary().map((row) => `mnist-${row.label}-lr${row.learning_rate}-seed${row.seed}`);
    const files = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".csv"));
    expect(files.sort()).toEqual(names.map((name) => `${name}.csv`).sort());
    for (const label of labels) expect(stdout).toMatch(new RegExp(`^${label} +[\\d.]+ .*3 done`, "m"));
    // Seed by seed, so that an interrupted command has compared all optimizers.
    expect(stderr.match(/^(.*): done at step/gm)?.[labels.length - 1]).toContain(
      "adam-lr0.01, rate 0.01, seed 0",
    );
    expect(new Set(summary().map((row) => row.test_loss)).size).toBe(12);
  });

  it("say who won, and by how much, as the table of runs has it", async () => {
    const { stdout } = await call([...command, "--quiet"]);
    const order = [...labels].sort((a, b) => medianOf(a) - medianOf(b));
    const [best, next] = order;
    const percent = (of: string) => (100 * (1 - medianOf(best) / medianOf(of))).toFixed(1);
    expect(stdout).toContain(
      `${best} has the lowest median test loss over 3 seeds, ${medianOf(best).toPrecision(4)}. It is ${percent(next)} % below the next, ${next} (${medianOf(next).toPrecision(4)})`,
    );
    expect(stdout).not.toContain("This is one seed");
  });

  it("are drawn as a median with its band", async () => {
    const groups = groupRuns(readResults(out));
    expect(groups.map(({ label, runs }) => `${label} ${runs.length}`).sort()).toEqual(
      labels.map((label) => `${label} 3`).sort(),
    );
    expect(seedNote(groups)).toBe("median of 3 seeds, band from least to greatest");
    const { stdout } = await call(["plot", out]);
    const picture = await readPicture(stdout.split("\n")[0]);
    const box = { left: 0.12, right: 0.97, top: 0.17, bottom: 0.86 };
    expect(picture.count("#D55E00", box)).toBeGreaterThan(500);
  });

  it("are kept, verified and compared, each seed with its own", async () => {
    rmSync(join(out, "runs", "mnist-rp-lr2-seed1.json"));
    const again = await call(command);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain("rp, rate 2, seed 1: done at step");
    expect(again.stderr.match(/: kept, done/g)).toHaveLength(11);
    const verified = await call(["verify", out]);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("12 logs are those")]);
    const { comparisons } = JSON.parse((await call(["compare", out, out, "--json"])).stdout);
    expect(
      comparisons.map((one: { label: string; pairedSeeds: number }) => [one.label, one.pairedSeeds]),
    ).toEqual(expect.arrayContaining(labels.map((label) => [label, 3])));
  });

  it("are not mixed with those of other seeds", async () => {
    const { code, stderr } = await call(["run", ...small, ...optimizers, "--seed", "0,1", "--out", out]);
    expect([code, stderr]).toEqual([
      2,
      `rp-bench: ${out}: holds results of another configuration: seed is "0, 1, 2" there, "0, 1" here; choose another --out\n`,
    ]);
  });
});

it("says that one seed is one seed, and nothing of a winner among one", async () => {
  const out = sharedFolder();
  const one = await call(["run", ...small, "--optimizer", "adam", "--quiet", "--out", join(out, "one")]);
  expect(one.stdout).not.toContain("lowest");
  const flags = ["--optimizer", "rp,adam", "--lr", "2,0.001", "--quiet", "--out", join(out, "two")];
  const two = await call(["run", ...small, ...flags]);
  expect(two.stdout).toMatch(
    /^rp has the lowest test loss, 0\.\d+\. It is \d+\.\d % below the next, adam \(0\.\d+\)\./m,
  );
  expect(two.stdout).toContain("This is one seed, and with another one the order may be another;");
});

it.each([
  [["audit", "--seed", "1", "--seed", "2"], "The option was given before, as 1."],
  [["sweep", "quick", "--seed", "1", "--seed", "2"], "The option was given before, as 1."],
  [["run", "--seeds", "3", "--seed", "5"], "--seeds: says how many"],
  [
    ["run", "--optimizer", "rp", "--lr", "1", "--optimizer", "adam", "--lr", "1,1"],
    "--lr: 1 is given twice for adam",
  ],
])("refuses %j in one line", async (args, message) => {
  const { code, stdout, stderr } = await call(args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^rp-bench: [^\n]+\n$/);
  expect(stderr).toContain(message);
});
