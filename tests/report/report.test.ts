// The command: what it reads, what it says of folders that it cannot read whole.

import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { resolveRunConfig } from "../../src/config/resolve.js";
import { resolveStudyConfig } from "../../src/config/study-resolve.js";
import { profileCharts } from "../../src/report/charts.js";
import { gatherReport } from "../../src/report/gather.js";
import { lossPanel } from "../../src/report/losses.js";
import { readResults } from "../../src/results/results.js";
import { call } from "../support/call.js";
import { root, sharedFolder, temporaryFolder } from "../support/cli.js";
import { makeFolder } from "../support/result-folders.js";

const work = sharedFolder();
const paper = join(root, "results", "paper");

it("has a configuration that makes the same results again", async () => {
  const { folders } = await gatherReport([paper]);
  const { repeat } = folders[0];
  const path = join(work, repeat?.file ?? "");
  writeFileSync(path, repeat?.text ?? "");
  expect(repeat?.command).toBe("rp-bench sweep study.json");
  const { datasets, optimizers, epochs } = resolveStudyConfig(path, {});
  const problems = ["mnist", "fashion-mnist", "cifar10"];
  expect(datasets.map(({ problem }) => problem)).toEqual([
    ...problems,
    ...problems.map((name) => `${name}-cross-entropy`),
  ]);
  expect([optimizers.map(({ label }) => label), epochs]).toEqual([["rp", "adam", "sgd"], 10]);

  const run = join(work, "run");
  const size = ["--train-limit", "200", "--epochs", "1", "--layers", "784,8,784", "--batch-size", "90"];
  await call(["run", ...size, "--optimizer", "adam", "--lr", "0.001", "--out", run, "--quiet"]);
  const again = (await gatherReport([run])).folders[0].repeat;
  const config = join(work, again?.file ?? "");
  writeFileSync(config, again?.text ?? "");
  expect(again?.command).toBe("rp-bench run --config run.json");
  expect(resolveRunConfig({ config, overrides: {} })).toMatchObject({
    layerSizes: [784, 8, 784],
    batchSize: 90,
  });
});

it("tells of damaged logs in a line, and the page names them without the machine's paths", async () => {
  const folder = join(work, "damaged");
  cpSync(join(root, "tests", "fixtures", "format-1"), folder, { recursive: true });
  const log = join(folder, "runs", "mnist-rp-lr1-seed0.csv");
  writeFileSync(log, readFileSync(log, "utf8").replace("0.", "1."));
  const { code, stderr } = await call(["report", folder]);
  expect([code, stderr.trim().split("\n")]).toEqual([
    ...[0, [expect.stringContaining(`${log}: is not the log that its record was written for`)]],
  ]);
  const page = readFileSync(join(folder, "report.html"), "utf8");
  expect(page).toContain("damaged/runs/mnist-rp-lr1-seed0.csv: is not the log");
  expect(page).not.toContain(work);
});

it("refuses in a line what is of another version, and what is no result folder", async () => {
  const folder = join(work, "future");
  cpSync(join(root, "tests", "fixtures", "format-1"), folder, { recursive: true });
  const manifest = join(folder, "manifest.json");
  writeFileSync(
    manifest,
    readFileSync(manifest, "utf8").replace(/"formatVersion": \d+/, '"formatVersion": 99'),
  );
  const future = await call(["report", folder]);
  expect([future.code, future.stderr]).toEqual([
    2,
    expect.stringMatching(/^rp-bench: .* is of format 99, .*\n$/),
  ]);
  expect(existsSync(join(folder, "report.html"))).toBe(false);
  const nothing = temporaryFolder();
  const none = await call(["report", nothing]);
  expect([none.code, none.stderr]).toEqual([
    2,
    `rp-bench: ${nothing}: not a result folder, it has no runs/\n`,
  ]);
});

it("shows no reconstruction of images that the runs were not made with", async () => {
  const run = join(work, "other-data");
  const size = ["--train-limit", "200", "--epochs", "1", "--layers", "784,8,784", "--batch-size", "90"];
  await call(["run", ...size, "--optimizer", "adam", "--lr", "0.001", "--out", run, "--quiet"]);
  const shown = (await gatherReport([run])).folders[0].problems[0].reconstructions;
  expect([shown?.missing, shown?.rows.map(({ name }) => name)]).toEqual([
    null,
    ["test images", "Adam, seed 0"],
  ]);
  const manifest = join(run, "manifest.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace("0fa7898d", "0fa7898e"));
  const other = (await gatherReport([run])).folders[0].problems[0].reconstructions;
  expect(other?.rows).toEqual([]);
  expect(other?.missing).toContain(
    "the mnist that is here is not the one of the runs, t10k-images-idx3-ubyte",
  );
});

it("thins long logs evenly, keeps both ends, and says so", () => {
  const losses = Array.from({ length: 1000 }, (_, index) => 1 / (index + 1));
  const runs = readResults(makeFolder(join(work, "long"), [{ label: "adam", losses }]));
  const { seeds, thinned, charts } = lossPanel(runs, true, 100);
  expect(thinned).toEqual({ shown: 101, of: 1000 });
  expect(seeds[0].rows.map(([epoch]) => epoch)).toEqual([
    ...Array.from({ length: 100 }, (_, i) => 10 * i),
    999,
  ]);
  expect(charts.steps.curves[0].points.at(-1)).toEqual({ x: 9990, y: 1 / 1000 });
  expect(lossPanel(runs, true, 1000).thinned).toBeNull();
});

it("draws the share of problems solved within τ times the best", () => {
  const contender = (label: string, step: number) => ({
    ...{
      label,
      name: label === "rp" ? "RP" : "Adam",
      optimizer: label,
      learningRate: 1,
      variant: "",
      atEdge: false,
      trials: 4,
      variants: 1,
    },
    ...{ seeds: [0], lost: [], trainLoss: null, gap: null, stepMilliseconds: label === "rp" ? 10 : 1 },
    testLoss: { median: 0.01, least: 0.01, greatest: 0.01, count: 1 },
    rows: new Map([
      [0, [{ epoch: 1, step, trainingSeconds: 1, trainLoss: 0.01, validationLoss: 0.01, testLoss: 0.01 }]],
    ]),
  });
  const field = (rp: number, adam: number) => ({
    ...{ title: "MNIST", epochs: 1, mostTrials: 4, length: null },
    contenders: [contender("rp", rp), contender("adam", adam)],
  });
  const [steps, seconds] = profileCharts([field(10, 20), field(30, 10)]);
  const shareAt = ({ curves }: typeof steps, name: string, tau: number) =>
    curves
      .find((one) => one.name === name)
      ?.points.filter(({ x }) => x <= tau)
      .at(-1)?.y;
  expect([1, 1.9, 2, 3].map((tau) => shareAt(steps, "Adam", tau))).toEqual([0.5, 0.5, 1, 1]);
  expect([1, 2.9, 3].map((tau) => shareAt(steps, "RP", tau))).toEqual([0.5, 0.5, 1]);
  expect([1, 4.9, 5, 30].map((tau) => shareAt(seconds, "RP", tau))).toEqual([0, 0, 0.5, 1]);
});
