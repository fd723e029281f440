// A study of several problems on one dataset, with settings searched beside the rate: real processes on real MNIST.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { readRunLog } from "../../src/results/run-log.js";
import { STEP_TIME_COLUMNS } from "../../src/results/step-times.js";
import { SELECTION_COLUMNS } from "../../src/sweep/tables.js";
import { call } from "../support/call.js";
import { type Finished, rpBench, sharedFolder } from "../support/cli.js";
import { readPicture } from "../support/png.js";
import { studyRuns, tablesWithoutTimes, writeStudy } from "../support/study.js";

const table = (folder: string, name: string, columns: readonly string[]) =>
  readCsv(readFileSync(join(folder, name), "utf8"), name, columns);

const small = { name: "mnist", layerSizes: [784, 8, 784], tuningEpochs: 1, finalSeeds: 2 };
const study = {
  datasets: [
    small,
    { ...small, loss: "cross-entropy", activation: "relu", trainLimit: 200, epochs: 3, evalEvery: 6 },
  ],
  ...{ mostRates: 4, mostTrials: 12 },
  optimizers: [
    { name: "rp", learningRates: [1, 3.16], search: [{ momentum: 0 }, { momentum: 0.9, warmupSteps: 4 }] },
    { name: "adam", learningRates: [0.001, 0.01], search: { beta1: [0.9] } },
    { name: "sgd", learningRates: [1, 3.16] },
  ],
};
const OTHER = "mnist-cross-entropy-relu-200-images";

describe("rp-bench sweep over problems", () => {
  const folder = sharedFolder();
  const out = join(folder, "study");
  const config = writeStudy(folder, study);
  let first: Finished;
  beforeAll(async () => {
    first = await rpBench(["sweep", config, "--out", out]);
  });

  it("trains each problem as its entry says, under its name", () => {
    expect(first.code).toBe(0);
    expect(first.stderr).toContain("MNIST; MNIST, cross-entropy, relu, 200 images; engine native");
    const summary = studyRuns(out);
    const told = new Set(
      summary.map(({ problem, title, dataset, loss }) => [problem, title, dataset, loss].join("|")),
    );
    expect([...told]).toEqual([
      "mnist|MNIST|mnist|mse",
      `${OTHER}|MNIST, cross-entropy, relu, 200 images|mnist|cross-entropy`,
    ]);
    const stepsOf = (problem: string, role: string) =>
      new Set(summary.filter((row) => row.problem === problem && row.role === role).map(({ step }) => step));
    // 360 and 180 images in batches of 20.
    expect([stepsOf("mnist", "tuning"), stepsOf("mnist", "final")]).toEqual([
      new Set(["18"]),
      new Set(["36"]),
    ]);
    expect([stepsOf(OTHER, "tuning"), stepsOf(OTHER, "final")]).toEqual([new Set(["9"]), new Set(["27"])]);
    const [last] = readdirSync(join(out, "runs")).filter(
      (name) => name.startsWith(`${OTHER}-sgd-`) && name.endsWith("-seed0.csv"),
    );
    const rows = readRunLog(join(out, "runs", last));
    expect(rows.map(({ step }) => step)).toEqual([0, 6, 12, 18, 24, 27]);
    // Of logits near 0 the cross-entropy is about log 2; the squared error of MNIST is about 0.1.
    expect(rows[0].testLoss).toBeGreaterThan(0.6);
    expect(readdirSync(join(out, "figures")).sort()).toEqual(
      ["mnist", OTHER]
        .flatMap((name) => [`b-${name}-seconds.png`, `b-${name}.png`, `learning-rates-${name}.png`])
        .concat("overfitting.png", "study.png")
        .sort(),
    );
  });

  it("tries every setting within the same number of trials, and trains on with the best", async () => {
    const selection = table(out, "selection.csv", SELECTION_COLUMNS);
    const summary = studyRuns(out);
    for (const problem of ["mnist", OTHER]) {
      const own = selection.filter((row) => row.problem === problem);
      const variants = own.filter(({ label }) => label === "rp").map(({ variant }) => variant);
      expect(new Set(variants)).toEqual(new Set(["momentum-0", "momentum-0.9-warmup-steps-4"]));
      for (const label of ["rp", "adam", "sgd"]) {
        const tried = own.filter((row) => row.label === label);
        expect(2 * tried.length).toBeLessThanOrEqual(12);
        const [chosen, ...others] = tried.filter((row) => row.chosen === "yes");
        expect(others).toEqual([]);
        const means = tried.flatMap((row) =>
          row.mean_best_validation_loss === "" ? [] : [Number(row.mean_best_validation_loss)],
        );
        expect(Number(chosen.mean_best_validation_loss)).toBe(Math.min(...means));
        const final = summary.filter(
          (row) => row.problem === problem && row.label === label && row.role === "final",
        );
        expect(final.map(({ variant, learning_rate }) => [variant, learning_rate])).toEqual(
          [0, 1].map(() => [chosen.variant, chosen.learning_rate]),
        );
        const name = [
          problem,
          label,
          ...(chosen.variant ? [chosen.variant] : []),
          `lr${chosen.learning_rate}`,
          "seed0",
        ];
        expect(readdirSync(join(out, "runs"))).toContain(`${name.join("-")}.csv`);
      }
    }
    const record = JSON.parse(
      readFileSync(join(out, "runs", "mnist-rp-momentum-0.9-warmup-steps-4-lr1-seed1000.json"), "utf8"),
    );
    expect(record).toMatchObject({
      label: "rp",
      variant: "momentum-0.9-warmup-steps-4",
      settings: "momentum 0.9, warm-up 4",
    });
    const times = table(out, "step-times.csv", STEP_TIME_COLUMNS);
    expect(times.map(({ problem, label }) => `${problem} ${label}`)).toHaveLength(6);
  });

  it("says in the findings what each problem gave, what was searched, and where Adam was met", () => {
    const text = readFileSync(join(out, "findings.md"), "utf8");
    expect(text).toContain("## MNIST, cross-entropy, relu, 200 images");
    expect(text).toMatch(/\| MNIST \| RP \| 2 \| (8|10|12) of 12 \| rate \S+, momentum 0/);
    expect(text).toMatch(/\| MNIST \| SGD \| 1 \| \d+ of 12 \| rate \S+ \|/);
    expect(text).toContain("## Where the claims hold");
    expect(text).toMatch(
      /\| step \| MNIST \| MNIST, cross-entropy, relu, 200 images \|\n\| --- \| --- \| --- \|\n\| 6 \| – \| [+−\d]/,
    );
    expect(text).not.toMatch(/NaN|undefined|null/);
  });

  it("draws of a search the settings that were chosen", async () => {
    const picture = await readPicture(join(out, "figures", `learning-rates-${OTHER}.png`));
    for (const color of ["#D55E00", "#0072B2", "#009E73"]) expect(picture.count(color)).toBeGreaterThan(100);
  });

  it("is verified, goes on where it is complete, and shows what is searched before it begins", async () => {
    const { code, stdout } = await call(["verify", out, "--rerun", "2", "--quiet"]);
    expect(stdout).toMatch(/^findings\.md +ok/m);
    expect(stdout.match(/trained again +ok +the same losses, to the last digit$/gm)).toHaveLength(2);
    expect(code).toBe(0);
    const again = await call(["sweep", config, "--out", out, "--dry-run", "--json"]);
    expect(JSON.parse(again.stdout).left).toEqual({ runs: 0, seconds: 0 });
    const fresh = await call(["sweep", config, "--out", join(folder, "none"), "--dry-run"]);
    expect(fresh.stdout).toMatch(/^MNIST +RP +1 3\.16 +2 +2 seeds × 1 epochs +2 seeds × 2 epochs +0 +\d+/m);
    expect(fresh.stdout).toMatch(
      /^MNIST, cross-entropy, relu, 200 images +SGD +1 3\.16 +1 +2 seeds × 1 epochs +2 seeds × 3 epochs/m,
    );
  });

  it("takes over the runs of problems that are the same, with their settings, and no others", async () => {
    const [one, two] = study.datasets;
    // The other problem trains longer, so none of its runs can be had.
    const path = writeStudy(folder, { ...study, datasets: [one, { ...two, epochs: 4 }] }, "longer.json");
    const longer = join(folder, "longer");
    const { code, stderr } = await rpBench(["sweep", path, "--out", longer, "--reuse", out]);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/^mnist-(rp|adam|sgd)-/m);
    expect(stderr).toMatch(new RegExp(`^${OTHER}-rp-momentum-0-lr1-seed1000`, "m"));
    const tables = [out, longer].map((made) => table(made, "selection.csv", SELECTION_COLUMNS));
    expect(tables[1]).toEqual(tables[0]);
    const { stdout } = await call(["compare", out, longer]);
    expect(stdout).toMatch(/\n\nMNIST\n\noptimizer[\s\S]*?\nRP .* 0\.0 % \(2 paired\)/m);
    expect(stdout).toMatch(/not made alike: .*epochs is 3 in A, 4 in B/);
    expect(tablesWithoutTimes(longer)).not.toBe(tablesWithoutTimes(out));
  });

  it("pairs no runs of different losses", async () => {
    const run = join(folder, "run");
    const flags = ["--train-limit", "400", "--batch-size", "20", "--epochs", "2", "--layers", "784,8,784"];
    const adam = ["--optimizer", "adam", "--lr", "0.001", "--out", run, "--quiet"];
    expect((await rpBench(["run", ...flags, ...adam, "--loss", "cross-entropy"])).code).toBe(0);
    expect((await call(["compare", out, run])).stdout).toMatch(
      /\n\nMNIST, cross-entropy\n\noptimizer.*\n.*\nAdam +– /,
    );
  });
});
