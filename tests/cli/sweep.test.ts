// `rp-bench sweep` as a real process on real MNIST: a tiny study, undisturbed and with bad input.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { readRunLog } from "../../src/results/run-log.js";
import { STEP_TIME_COLUMNS } from "../../src/results/step-times.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { SELECTION_COLUMNS } from "../../src/sweep/tables.js";
import { call } from "../support/call.js";
import { type Finished, rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";
import { readPicture } from "../support/png.js";
import { studyRuns, TINY, tablesWithoutTimes, writeStudy } from "../support/study.js";

const table = (folder: string, name: string, columns: readonly string[]) =>
  readCsv(readFileSync(join(folder, name), "utf8"), name, columns);

describe("rp-bench sweep", () => {
  const folder = sharedFolder();
  const out = join(folder, "study");
  const config = writeStudy(folder);
  let first: Finished;
  beforeAll(async () => {
    first = await rpBench(["sweep", config, "--out", out]);
  });

  it("tunes, trains on fresh seeds, and leaves tables, findings and figures", async () => {
    expect(first.stderr).toContain("2 jobs of 1 thread");
    expect(first.stderr).toMatch(/0 runs are made, about \d+ to go: about \d+ s/);
    expect(first.code).toBe(0);
    for (const path of first.stdout.match(/^\S+\.(?:csv|md|json|png)$/gm) ?? [])
      expect(existsSync(path)).toBe(true);
    expect(readdirSync(join(out, "figures")).sort()).toEqual([
      "b-mnist-seconds.png",
      "b-mnist.png",
      "learning-rates-mnist.png",
      "overfitting.png",
    ]);
    const runs = studyRuns(out);
    const selection = table(out, "selection.csv", SELECTION_COLUMNS);
    for (const label of ["rp", "adam", "sgd"]) {
      const rates = selection.filter((row) => row.label === label);
      expect(rates.length).toBeLessThanOrEqual(3);
      const chosen = rates.filter((row) => row.chosen === "yes");
      expect(chosen).toHaveLength(1);
      const held = rates.filter((row) => row.mean_best_validation_loss !== "");
      const least = Math.min(...held.map((row) => Number(row.mean_best_validation_loss)));
      expect(Number(chosen[0].mean_best_validation_loss)).toBe(least);
      for (const row of rates) expect(row.reason).not.toBe("");
      const own = runs.filter((row) => row.label === label);
      const final = own.filter((row) => row.role === "final");
      expect(final.map((row) => [row.seed, row.learning_rate])).toEqual([
        ["0", chosen[0].learning_rate],
        ["1", chosen[0].learning_rate],
      ]);
      const tuning = own.filter((row) => row.role === "tuning");
      expect(new Set(tuning.map((row) => row.seed))).toEqual(new Set(["1000", "1001"]));
      expect(tuning).toHaveLength(2 * rates.length);
    }
  });

  it("means by the mean what the logs give, and evaluates final runs as often as is asked", () => {
    const [row] = table(out, "selection.csv", SELECTION_COLUMNS).filter(({ chosen }) => chosen === "yes");
    const log = (seed: number) =>
      readRunLog(join(out, "runs", `mnist-${row.label}-lr${row.learning_rate}-seed${seed}.csv`));
    const best = [1000, 1001].map((seed) =>
      Math.min(...log(seed).map(({ validationLoss }) => validationLoss)),
    );
    expect(Number(row.mean_best_validation_loss)).toBe((best[0] + best[1]) / 2);
    expect(log(1000).map(({ step }) => step)).toEqual([0, 18]);
    expect(log(0).map(({ step }) => step)).toEqual([0, 9, 18, 27, 36]);
  });

  it("starts every optimizer from the same parameters and batches, seed by seed", () => {
    const logs = readdirSync(join(out, "runs")).filter((name) => name.endsWith("-seed0.csv"));
    expect(logs).toHaveLength(3);
    const starts = logs.map((name) => readRunLog(join(out, "runs", name))[0].testLoss);
    expect(new Set(starts).size).toBe(1);
  });

  it("writes findings for every claim, from these numbers", () => {
    const text = readFileSync(join(out, "findings.md"), "utf8");
    // 36 steps: numbers, and no verdict.
    expect(text).toContain("Caution: the runs are too short to say which optimizer is better.");
    expect(text).toMatch(/MNIST has 36 steps and 4 evaluations\./);
    expect(text).not.toMatch(/\| (better|comparable|worse) \|/);
    expect(text).toMatch(/Quickly converges to a better or comparable solution/);
    expect(text).toMatch(/Overfits less than Adam and SGD/);
    expect(text).not.toMatch(/NaN|undefined|null/);
    const summary = table(out, "summary.csv", SUMMARY_COLUMNS);
    const loss = (label: string, seed: string) =>
      Number(
        summary.find((row) => row.label === label && row.role === "final" && row.seed === seed)?.test_loss,
      );
    const difference = (100 * (loss("rp", "1") - loss("adam", "1"))) / loss("adam", "1");
    expect(text).toContain(`seed 1 ${difference > 0 ? "+" : "−"}${Math.abs(difference).toFixed(1)} %`);
  });

  it("draws the band over seeds, and every panel", async () => {
    const single = await readPicture(join(out, "figures", "b-mnist.png"));
    expect([single.width, single.height]).toEqual([1600, 1080]);
    const double = await readPicture(join(out, "figures", "overfitting.png"));
    expect([double.width, double.height]).toEqual([3200, 2 * (96 + 540)]);
    for (const half of [0, 0.5]) {
      const panel = { left: half + 0.05, right: half + 0.5, top: 0.2, bottom: 0.95 };
      for (const color of ["#D55E00", "#0072B2", "#009E73"])
        expect(double.count(color, panel)).toBeGreaterThan(100);
    }
  });

  it("makes nothing twice when it is started again", async () => {
    const before = tablesWithoutTimes(out);
    const times = readFileSync(join(out, "step-times.csv"), "utf8");
    const log = join(out, "runs", readdirSync(join(out, "runs"))[0]);
    const { mtimeMs } = statSync(log);
    const again = await rpBench(["sweep", config, "--out", out]);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/runs are made, about 0 to go/);
    expect(again.stdout).toBe(first.stdout);
    expect(tablesWithoutTimes(out)).toBe(before);
    expect(readFileSync(join(out, "step-times.csv"), "utf8")).toBe(times);
    expect(statSync(log).mtimeMs).toBe(mtimeMs);
  });

  it("is the same with other numbers of jobs and threads", async () => {
    const other = join(folder, "one-job");
    expect((await rpBench(["sweep", config, "--out", other, "--jobs", "1", "--quiet"])).code).toBe(0);
    expect(tablesWithoutTimes(other)).toBe(tablesWithoutTimes(out));
  });

  it("shows the plan and what is left of it, and writes nothing, with --dry-run", async () => {
    const fresh = join(folder, "fresh");
    const { code, stdout } = await call(["sweep", config, "--dry-run", "--out", fresh]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/MNIST +RP +1 3\.16 +2 seeds × 1 epochs +2 seeds × 2 epochs +0 +\d+/);
    expect(stdout).toMatch(/about 24 runs are left, \d+ s with 2 jobs; nothing was written/);
    expect(existsSync(fresh)).toBe(false);
    const made = await call(["sweep", config, "--dry-run", "--out", out, "--json", "--jobs", "3"]);
    const plan = JSON.parse(made.stdout);
    expect(plan.left).toEqual({ runs: 0, seconds: 0 });
    expect(plan.jobs).toBe(3);
  });

  it("refuses a folder of another configuration, and says what differs", async () => {
    const before = tablesWithoutTimes(out);
    for (const flags of [[], ["--dry-run"]]) {
      const { code, stderr } = await call(["sweep", config, "--out", out, "--seed", "5", ...flags]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/holds results of another configuration: seed is 0 there, 5 here/);
    }
    expect(tablesWithoutTimes(out)).toBe(before);
  });

  it("prints the result as JSON, and nothing else on stdout", async () => {
    const { code, stdout, stderr } = await rpBench(["sweep", config, "--out", out, "--json", "--quiet"]);
    expect([code, stderr]).toEqual([0, ""]);
    const result = JSON.parse(stdout);
    expect(result.folder).toBe(out);
    expect(result.summary).toHaveLength(table(out, "summary.csv", SUMMARY_COLUMNS).length);
    expect(result.tuning).toHaveLength(table(out, "tuning.csv", SUMMARY_COLUMNS).length);
    expect(result.selection).toHaveLength(table(out, "selection.csv", SELECTION_COLUMNS).length);
  });

  it("takes run's flags for a shorter study", async () => {
    const short = join(folder, "short");
    const flags = ["--epochs", "1", "--train-limit", "200", "--seed", "3", "--engine", "native"];
    expect((await rpBench(["sweep", config, "--out", short, ...flags, "--quiet"])).code).toBe(0);
    const manifest = JSON.parse(readFileSync(join(short, "manifest.json"), "utf8"));
    expect(manifest.config).toMatchObject({ epochs: 1, trainLimit: 200, seed: 3, engine: "native" });
    const final = table(short, "summary.csv", SUMMARY_COLUMNS).filter(({ role }) => role === "final");
    expect(new Set(final.map(({ seed }) => seed))).toEqual(new Set(["3", "4"]));
    for (const row of final) expect(row.step).toBe("9");
  });

  it("takes over runs of another study where their settings are the same, and makes the others", async () => {
    const optimizers = [
      { name: "rp", learningRates: [1, 3.16] },
      { name: "adam", learningRates: [0.001], beta1: 0.8 },
      { name: "sgd", label: "sgd-momentum", momentum: 0.5, learningRates: [1] },
    ];
    const more = writeStudy(folder, { optimizers, mostRates: 2 }, "more.json");
    const [alone, with_] = ["alone", "with"].map((name) => join(folder, name));
    expect((await rpBench(["sweep", more, "--out", alone, "--quiet"])).code).toBe(0);
    const { code, stderr } = await rpBench(["sweep", more, "--out", with_, "--reuse", out]);
    expect(code).toBe(0);
    expect(stderr).not.toContain("mnist-rp-lr");
    expect(stderr).toContain("mnist-adam-lr0.001-seed1000");
    expect(tablesWithoutTimes(with_)).toBe(tablesWithoutTimes(alone));
    // Whole, with the times of when it was made.
    const name = "mnist-rp-lr1-seed1000.csv";
    expect(readFileSync(join(with_, "runs", name), "utf8")).toBe(
      readFileSync(join(out, "runs", name), "utf8"),
    );

    const other = await call(["sweep", config, "--epochs", "1", "--out", join(folder, "x"), "--reuse", out]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/--reuse .*study: its runs are others: epochs is 2 there, 1 here/);
    expect(existsSync(join(folder, "x"))).toBe(false);
    const none = await call(["sweep", config, "--out", join(folder, "x"), "--reuse", folder]);
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/not a result folder, it has no manifest\.json/);
  });

  it("does not take a tuning run for a final one where a seed serves for both", async () => {
    const other = join(folder, "other-seed");
    const one = writeStudy(folder, { optimizers: TINY.optimizers.slice(0, 1) }, "one.json");
    const flags = ["--seed", "1000", "--reuse", out, "--quiet"];
    expect((await rpBench(["sweep", one, "--out", other, ...flags])).code).toBe(0);
    const final = table(other, "summary.csv", SUMMARY_COLUMNS).filter(({ role }) => role === "final");
    expect(final).toHaveLength(2);
    for (const row of final) expect(row.step).toBe("36");
  });

  it("shows of a study only what its tables have", async () => {
    const killed = join(folder, "killed");
    cpSync(out, killed, { recursive: true });
    const path = join(killed, "tuning.csv");
    const lines = readFileSync(path, "utf8").split("\n");
    const dropped = lines.findIndex((line) => line.includes(",adam,"));
    writeFileSync(path, lines.filter((_, index) => index !== dropped).join("\n"));
    expect((await call(["plot", killed])).code).toBe(0);
    const { stdout } = await call(["compare", out, killed, "--json"]);
    for (const { lossDifference, pairedSeeds } of JSON.parse(stdout).comparisons) {
      expect([lossDifference, pairedSeeds]).toEqual([0, 2]);
    }
    // Before its step times are measured, a study has no axis of seconds.
    rmSync(join(killed, "step-times.csv"));
    const { stdout: paths } = await call(["plot", killed]);
    expect(paths).toContain("b-mnist.png");
    expect(paths).not.toContain("seconds");
  });

  it("compares two folders side by side", async () => {
    const short = join(folder, "run");
    const flags = ["--train-limit", "400", "--batch-size", "20", "--epochs", "2", "--layers", "784,16,784"];
    const optimizer = ["--optimizer", "adam", "--lr", "0.001"];
    expect((await call(["run", ...flags, ...optimizer, "--out", short, "--quiet"])).code).toBe(0);
    const { code, stdout } = await call(["compare", out, short]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n\nMNIST\n\noptimizer [\s\S]*\nRP +\S+ +– +2 +– +0\.\d+ +– +–/);
    expect(stdout).toMatch(/\nAdam +\S+ +0\.001 +2 +1 .*\+\d+\.\d % \(1 paired\)/);
    expect(stdout).toMatch(
      /\n\nnot made alike: (rate of Adam is \S+ in A, 0\.001 in B; )?evalEvery is 9 in A, not set in B\n$/,
    );
    // Other batches make no pairs.
    const other = join(folder, "other");
    const changed = flags.map((flag) => (flag === "20" ? "40" : flag === "784,16,784" ? "784,8,784" : flag));
    expect((await call(["run", ...changed, ...optimizer, "--out", other, "--quiet"])).code).toBe(0);
    const unlike = (await call(["compare", short, other])).stdout;
    expect(unlike).toMatch(/\nAdam .* % \(other networks or data\)/);
    expect(unlike).toContain(
      "not made alike: layers are 784,16,784 in A, 784,8,784 in B; batchSize is 20 in A, 40 in B\n",
    );
    const { comparisons, difference } = JSON.parse((await call(["compare", out, out, "--json"])).stdout);
    expect(difference).toBeNull();
    expect(comparisons).toHaveLength(3);
    for (const { lossDifference, pairedSeeds } of comparisons)
      expect([lossDifference, pairedSeeds]).toEqual([0, 2]);
    const wrong = await call(["compare", out, join(folder, "nowhere")]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/nowhere: not a result folder/);
  });
});

describe("rp-bench sweep --engine tfjs", () => {
  it("makes every run and step time on the backend that it found, never on another", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "study");
    const config = writeStudy(folder, {
      datasets: [{ name: "mnist", layerSizes: [784, 1, 784], tuningEpochs: 1, finalSeeds: 1 }],
      ...{ epochs: 1, evalEvery: null, trainLimit: 50, mostRates: 1 },
      optimizers: [{ name: "sgd", learningRates: [1] }],
    });
    // wasm is installed too, and auto would take it.
    const args = ["sweep", config, "--engine", "tfjs", "--out", out, "--quiet"];
    const { code, stderr } = await rpBench([...args, "--backend", "cpu", "--jobs", "1"]);
    expect([code, stderr]).toEqual([0, ""]);
    const read = (...names: string[]) => JSON.parse(readFileSync(join(out, ...names), "utf8"));
    const records = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".json"));
    expect(records.length).toBeGreaterThan(2);
    for (const engine of [read("manifest.json").engine, ...records.map((name) => read("runs", name).engine)])
      expect(engine).toMatchObject({ name: "tfjs", instructionSet: "cpu" });
    expect(table(out, "step-times.csv", STEP_TIME_COLUMNS).map((row) => row.instruction_set)).toEqual([
      "cpu",
    ]);
    expect(Object.keys(read("manifest.json").versions)).toContain("@tensorflow/tfjs-backend-cpu");

    const other = await call([...args, "--backend", "wasm", "--dry-run"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/instruction set is "cpu" there, "wasm" here/);
    const again = await call([...args, "--backend", "cpu", "--tensor-memory", "9", "--dry-run", "--json"]);
    expect(JSON.parse(again.stdout).left.runs).toBe(0);
  });
});

describe("searches", () => {
  it("exits 1 and says so where a rate grid diverges everywhere; other optimizers are done", async () => {
    const folder = temporaryFolder();
    const optimizers = [
      { name: "sgd", learningRates: [1e30] },
      { name: "adam", learningRates: [0.001] },
    ];
    const config = writeStudy(folder, { optimizers, epochs: 1, evalEvery: null, mostRates: 4 });
    const out = join(folder, "study");
    const { code, stdout, stderr } = await rpBench(["sweep", config, "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toContain("rp-bench: mnist: no rate of SGD held for every tuning seed");
    expect(stdout).toMatch(/SGD +none held/);
    const rows = table(out, "selection.csv", SELECTION_COLUMNS).filter(({ label }) => label === "sgd");
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.reason).toMatch(/seed 1000 diverged at step \d+; seed 1001 diverged/);
    expect(readFileSync(join(out, "findings.md"), "utf8")).toContain(
      "- SGD: no rate held for every tuning seed.",
    );
    const final = table(out, "summary.csv", SUMMARY_COLUMNS).filter(({ role }) => role === "final");
    expect(new Set(final.map(({ label }) => label))).toEqual(new Set(["adam"]));
  });

  it("extends a grid whose optimum lies beyond its edge, and records an edge that the limit leaves", async () => {
    const folder = temporaryFolder();
    const datasets = [{ name: "mnist", layerSizes: [784, 16, 784], tuningEpochs: 1, finalSeeds: 1 }];
    const config = (mostRates: number) =>
      writeStudy(
        folder,
        {
          ...{ datasets, epochs: 1, evalEvery: null, mostRates },
          optimizers: [{ name: "sgd", learningRates: [0.1] }],
        },
        `${mostRates}.json`,
      );
    const [far, near] = ["far", "near"].map((name) => join(folder, name));
    expect((await rpBench(["sweep", config(12), "--out", far, "--quiet"])).code).toBe(0);
    const rows = table(far, "selection.csv", SELECTION_COLUMNS);
    const chosen = rows.findIndex((row) => row.chosen === "yes");
    expect(Number(rows[chosen].learning_rate)).toBeGreaterThan(1);
    expect(chosen).toBeLessThan(rows.length - 1);
    expect(rows[chosen].at_edge).toBe("no");
    expect((await rpBench(["sweep", config(3), "--out", near, "--quiet"])).code).toBe(0);
    const edge = table(near, "selection.csv", SELECTION_COLUMNS).find((row) => row.chosen === "yes");
    expect(edge).toMatchObject({ at_edge: "yes", learning_rate: "0.316" });
    expect(edge?.reason).toMatch(/the search is at its limit/);
    expect(readFileSync(join(near, "findings.md"), "utf8")).toMatch(/0\.316 \(at edge\)/);
  });
});

describe("bad input", () => {
  it.each([
    [["--jobs", "0"], 2, /--jobs: must be a whole number from 1 to 256, got 0/],
    [["--jobs", "1.5"], 2, /--jobs: must be a whole number/],
    [["--timeout", "0"], 2, /--timeout: must be a whole number from 1 to 2000000, got 0/],
    [["--epochs", "0"], 2, /--epochs: must be at least 1, got 0/],
    [["--epochs", "x"], 2, /--epochs/],
    [["--out", ""], 2, /--out: must name a folder/],
    [["--engine", "gpu"], 2, /--engine: must be one of/],
    [["--train-limit", "60001"], 2, /--train-limit\): mnist has 60000 training images, got 60001/],
    [["extra"], 2, /too many arguments/],
  ])("ends at once for %j and writes nothing", async (flags, exitCode, message) => {
    const folder = temporaryFolder();
    const config = writeStudy(folder);
    const out = flags.includes("--out") ? [] : ["--out", join(folder, "study")];
    const { code, stderr, stdout } = await call(["sweep", config, ...out, ...flags], { cwd: folder });
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(readdirSync(folder)).toEqual(["tiny.json"]);
  });

  it("names every absent dataset with its remedy before anything starts", async () => {
    const folder = temporaryFolder();
    const datasets = [{ name: "mnist" }, { name: "fashion-mnist" }, { name: "cifar10" }];
    const config = writeStudy(folder, { datasets });
    const env = { HOME: folder, XDG_CACHE_HOME: join(folder, "cache"), RP_BENCH_DATA: "" };
    const { code, stderr } = await call(["sweep", config, "--out", join(folder, "s")], {
      cwd: folder,
      env,
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/cifar10 \(get it: rp-bench data fetch cifar10\)/);
    expect(existsSync(join(folder, "s"))).toBe(false);
  });

  it("refuses a folder that holds something else", async () => {
    const folder = temporaryFolder();
    const out = join(folder, "other");
    mkdirSync(out);
    writeFileSync(join(out, "notes.txt"), "mine");
    const { code, stderr } = await call(["sweep", writeStudy(folder), "--out", out]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/holds other files already/);
    expect(readdirSync(out)).toEqual(["notes.txt"]);
  });
});
