// A run with the cross-entropy and rates of its own: its log, its record, and its model read back.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runConfigSchema } from "../../src/config/schema.js";
import { createEngine } from "../../src/index.js";
import { readSavedModel, reconstruct } from "../../src/model/saved-model.js";
import { readRunLog } from "../../src/results/run-log.js";
import { parseRunName, runName } from "../../src/results/run-name.js";
import { trainRun } from "../../src/training/run.js";
import * as oracle from "../support/brute-force.js";
import { temporaryFolder } from "../support/cli.js";
import { randomValues } from "../support/random.js";

const images = { count: 40, size: 6, pixels: Uint8Array.from(randomValues(240, 1, 0, 256)) };
const splits = { train: images, validation: images, test: images };
const layerSizes = [6, 4, 6];

async function run(learningRate: number | "auto", loss: "mse" | "cross-entropy") {
  const [entry] = runConfigSchema.parse({ optimizers: [{ name: "rp", learningRate }] }).optimizers;
  const logPath = join(temporaryFolder(), "log.csv");
  const finished = await trainRun(
    {
      ...{ dataset: "mnist", datasetTitle: "MNIST", entry, role: "final", layerSizes, activation: "tanh" },
      ...{ loss, batchSize: 10, epochs: 3, evalEvery: 4, seed: 0, saveParameters: true, logPath },
    },
    { engine: await createEngine("reference"), splits, signal: new AbortController().signal },
  );
  expect(finished.record.status).toBe("done");
  return { ...finished, logPath, rows: readRunLog(logPath) };
}

it("logs the rates that each step computed, and none where the rate is given", async () => {
  const { record, rows, logPath } = await run("auto", "cross-entropy");
  expect(record.learningRate).toBe("auto");
  const name = "mnist-rp-lrauto-seed0";
  expect(runName({ dataset: "mnist", label: "rp", learningRate: "auto", seed: 0 })).toBe(name);
  expect(parseRunName(name)).toMatchObject({ label: "rp", learningRate: "auto", seed: 0 });
  const [head, first] = readFileSync(logPath, "utf8").split("\n");
  expect(head.split(",").slice(-2)).toEqual(["learning_rate", "momentum"]);
  expect(first).toMatch(/,,$/); // nothing was computed before the first step
  expect(rows.map(({ step }) => step)).toEqual([0, 4, 8, 12]);
  expect(rows[0].chosen).toBeNull();
  for (const { chosen } of rows.slice(1)) {
    expect(chosen?.learningRate).toBeGreaterThan(1); // the bound is loose
    expect(Number.isFinite(chosen?.momentum)).toBe(true);
  }
  expect(rows[3].trainLoss).toBeLessThan(rows[0].trainLoss);
  const given = await run(2, "mse");
  expect(readFileSync(given.logPath, "utf8")).not.toContain("momentum");
  expect(given.rows[1]).not.toHaveProperty("chosen");
});

it("evaluates the cross-entropy, and reconstructs means of the logits that were saved", async () => {
  const { parameters, rows } = await run(2, "cross-entropy");
  const path = join(temporaryFolder(), "model.safetensors");
  writeFileSync(path, parameters ?? new Uint8Array());
  const model = readSavedModel(path);
  expect(model.loss).toBe("cross-entropy");
  const net = { layerSizes, activation: "tanh" as const, loss: "cross-entropy" as const };
  const pixels = Float64Array.from(images.pixels, (value) => value / 255);
  expect(rows.at(-1)?.testLoss).toBeCloseTo(oracle.loss(net, model.parameters, pixels), 5);
  const image = pixels.subarray(0, 6);
  const means = oracle.outputs(net, model.parameters, image).map((z) => 1 / (1 + Math.exp(-z)));
  reconstruct(model, image).forEach((value, k) => {
    expect(value).toBeCloseTo(means[k], 12);
  });
  const squared = await run(2, "mse");
  writeFileSync(path, squared.parameters ?? new Uint8Array());
  const plain = readSavedModel(path);
  const outputs = oracle.outputs({ layerSizes, activation: "tanh" }, plain.parameters, image);
  reconstruct(plain, image).forEach((value, k) => {
    expect(value).toBeCloseTo(outputs[k], 12);
  });
});
