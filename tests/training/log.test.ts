// What a log's rows are of: which images each loss is the mean over, the fraction of an epoch, the time in training alone.

import { expect, it } from "vitest";
import { createEngine, initialParameters } from "../../src/index.js";
import type { LogRow } from "../../src/results/run-log.js";
import { evaluateImages } from "../../src/training/evaluate.js";
import { prepareDataset } from "../../src/training/prepare.js";
import { train } from "../../src/training/train.js";
import { randomValues } from "../support/random.js";

const layerSizes = [9, 5, 9];
/** Each split is brighter than the one before, so that no two have one loss. */
const split = (count: number, seed: number) => ({
  ...{ count, size: 9 },
  pixels: Uint8Array.from(randomValues(9 * count, seed, 80 * seed, 80 * seed + 80)),
});
const splits = { train: split(30, 0), validation: split(10, 1), test: split(20, 2) };

async function sessionOf() {
  const engine = await createEngine("reference");
  return engine.createSession({
    ...{ layerSizes, activation: "tanh", batchSize: 10 },
    optimizer: { name: "sgd", learningRate: 1e-30 },
    parameters: initialParameters(layerSizes, 0),
  });
}

it("evaluates each split on its own images, counts fractions of an epoch, and times the steps", async () => {
  const session = await sessionOf();
  const lossOf = (images: (typeof splits)["train"]) => evaluateImages(session, images, async () => {});
  const expected = {
    trainLoss: await lossOf(splits.train),
    validationLoss: await lossOf(splits.validation),
    testLoss: await lossOf(splits.test),
  };
  expect(new Set(Object.values(expected)).size).toBe(3);
  // A clock by which each step takes 2 seconds: what is read in between counts nothing.
  let readings = 0;
  const clock = () => 2000 * readings++;
  const rows: LogRow[] = [];
  const result = await train({
    ...{ session, splits, batchSize: 10, epochs: 2, seed: 0, evalEvery: 2, clock },
    signal: new AbortController().signal,
    onRow: (row) => rows.push(row),
  });
  // At a learning rate of 1e-30 the losses stay as they are, to the last digit.
  expect(rows).toEqual(
    [0, 2, 4, 6].map((step) => ({ epoch: step / 3, step, trainingSeconds: 2 * step, ...expected })),
  );
  expect(result).toMatchObject({ status: "done", trainingSeconds: 12, medianStepMilliseconds: 2000 });
});

it("takes a limit of all images and a batch of all that train, and none of one more", async () => {
  const prepare = (trainLimit: number | null, batchSize: number) =>
    prepareDataset(...(["cifar10", { trainLimit, batchSize }] as const), {
      dataDir: "tests/fixtures/cifar10",
      warn: () => {},
    });
  const { dataset, splits } = await prepare(null, 1);
  const [all, trained] = [dataset.train.count, splits.train.count];
  expect((await prepare(all, trained)).splits.train.count).toBe(trained);
  await expect(prepare(all + 1, trained)).rejects.toThrow(`has ${all} training images, got ${all + 1}`);
  await expect(prepare(all, trained + 1)).rejects.toThrow(`must be at most ${trained}`);
});
