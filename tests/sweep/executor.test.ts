// Worker processes for real, on real MNIST. They are started from dist/, so that is what is tested.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadDataset } from "../../src/data/load.js";
import { datasetFacts } from "../../src/results/manifest.js";
import type { WorkerSetup } from "../../src/sweep/messages.js";
import type { PlannedRun } from "../../src/sweep/plan.js";
import { root, temporaryFolder } from "../support/cli.js";
import { childOf, isAlive } from "../support/processes.js";

const { ProcessExecutor }: typeof import("../../src/sweep/executor.js") = await import(
  join(root, "dist", "sweep", "executor.js")
);
const run = (seed: number): PlannedRun => ({
  ...{ problem: "mnist", label: "sgd", variant: "", learningRate: 1, seed, role: "final" },
  ...{
    title: "MNIST",
    dataset: "mnist",
    loss: "mse",
    curvatureBound: "jaakkola-jordan",
    activation: "tanh",
    trainLimit: 100,
  },
  ...{ epochs: 1, evalEvery: null },
  layerSizes: [784, 8, 784],
  entry: { name: "sgd", label: "sgd", learningRate: 1, momentum: 0, nesterov: false, warmupSteps: 0 },
});
const facts = datasetFacts(await loadDataset("mnist"));

const SILENT = { step() {}, resume() {}, row() {}, warn() {} };

function setup(changes: Partial<WorkerSetup> = {}): WorkerSetup {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "runs"));
  return {
    ...{ folder, dataDir: undefined, batchSize: 20, checkpointEvery: null },
    ...{ engine: "native", engineOptions: { threads: 1 }, datasets: [facts] },
    ...changes,
  };
}

it("goes on with a new process when one ends while it is idle", async () => {
  const options = setup();
  const executor = new ProcessExecutor(options);
  expect(await executor.run(run(0), 30, SILENT)).toEqual({ kind: "made" });
  const idle = await childOf(process.pid);
  process.kill(idle, "SIGKILL");
  while (isAlive(idle)) await new Promise((resolve) => setImmediate(resolve));
  expect(["made", "crashed"]).toContain((await executor.run(run(1), 30, SILENT)).kind);
  expect(await executor.run(run(2), 30, SILENT)).toEqual({ kind: "made" });
  expect(existsSync(join(options.folder, "runs", "mnist-sgd-lr1-seed2.json"))).toBe(true);
  executor.stop();
});

it("refuses data that changed since the study began, for every run", async () => {
  const datasets = [{ ...facts, checksums: { ...facts.checksums, "train-images-idx3-ubyte": "other" } }];
  const executor = new ProcessExecutor(setup({ datasets }));
  await expect(executor.run(run(0), null, SILENT)).rejects.toMatchObject({
    code: "DATA_CORRUPT",
    message: expect.stringContaining("changed since the study began"),
  });
  executor.stop();
});
