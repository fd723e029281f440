// When a checkpoint is written where nobody says how often: the clock is set by hand.

import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { runConfigSchema } from "../../src/config/schema.js";
import { createEngine, initialParameters } from "../../src/index.js";
import { CheckpointFile } from "../../src/results/checkpoint-file.js";
import { RunCheckpoints } from "../../src/training/checkpoints.js";
import { temporaryFolder } from "../support/cli.js";

const layerSizes = [6, 4, 6];
const [entry] = runConfigSchema.parse({ optimizers: [{ name: "adam", learningRate: 0.01 }] }).optimizers;
const detector = { lastFiniteLoss: 1, firstLoss: 1, above: 0 };
const progress = { durations: [1, 2], milliseconds: 3, detector, chosen: null };

afterEach(() => {
  vi.useRealTimers();
});

async function checkpointsOf(every: number | null, onOwn = () => {}) {
  const engine = await createEngine("native", { threads: 1 });
  const session = await engine.createSession({
    ...{ layerSizes, parameters: initialParameters(layerSizes, 0), batchSize: 2 },
    optimizer: { name: "adam", learningRate: 0.01 },
  });
  vi.useFakeTimers({ toFake: ["performance"] });
  const isOwn = () => {
    onOwn();
    return true;
  };
  const file = new CheckpointFile(join(temporaryFolder(), "run.checkpoint"), isOwn);
  const checkpoints = new RunCheckpoints(
    {
      ...{ problem: "mnist", title: "MNIST", dataset: "mnist", entry, variant: "", role: "final" },
      ...{ layerSizes, activation: "tanh", loss: "mse", batchSize: 2, epochs: 1, evalEvery: null },
      ...{ seed: 0, saveParameters: false, logPath: "" },
    },
    engine,
    2,
    { file, every, checksums: {}, warn: (message) => expect(message).toBe("") },
  );
  return { checkpoints, write: () => checkpoints.write(session, progress, "", []) };
}

it("leaves the first second alone, and takes a fiftieth of the time after that", async () => {
  const { checkpoints, write } = await checkpointsOf(null, () => vi.advanceTimersByTime(100));
  vi.advanceTimersByTime(999);
  expect(checkpoints.due(10, true)).toBe(false);
  vi.advanceTimersByTime(1);
  expect([checkpoints.due(10, true), checkpoints.due(10, false)]).toEqual([true, false]);
  await write(); // 100 ms
  vi.advanceTimersByTime(4999);
  expect(checkpoints.due(20, true)).toBe(false);
  vi.advanceTimersByTime(1);
  expect(checkpoints.due(20, true)).toBe(true);
});

it("counts steps where it is told how many, and nothing else", async () => {
  const { checkpoints } = await checkpointsOf(7);
  expect([6, 7, 8, 14].map((step) => checkpoints.due(step, step === 8))).toEqual([false, true, false, true]);
});
