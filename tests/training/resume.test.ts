// A run that is broken off goes on from its checkpoint with the losses and parameters of one that nothing disturbed.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runConfigSchema } from "../../src/config/schema.js";
import { createEngine, type EngineName } from "../../src/index.js";
import { CheckpointFile } from "../../src/results/checkpoint-file.js";
import { readRunLog } from "../../src/results/run-log.js";
import { trainRun } from "../../src/training/run.js";
import { temporaryFolder } from "../support/cli.js";
import { randomValues } from "../support/random.js";

const images = { count: 40, size: 6, pixels: Uint8Array.from(randomValues(240, 1, 0, 256)) };
const splits = { train: images, validation: images, test: images };

function runIn(folder: string, optimizer: object, engineName: EngineName = "native") {
  const path = join(folder, "run.checkpoint");
  const warnings: string[] = [];
  /** @param until the step after which it is broken off */
  const go = async (until = Number.POSITIVE_INFINITY, epochs = 3) => {
    const [entry] = runConfigSchema.parse({ optimizers: [optimizer] }).optimizers;
    const abort = new AbortController();
    const resumed: number[] = [];
    const logPath = join(folder, "log.csv");
    const finished = await trainRun(
      {
        ...{ problem: "mnist", title: "MNIST", dataset: "mnist", entry, variant: "", role: "final" },
        ...{ layerSizes: [6, 4, 6], activation: "tanh", loss: "mse", batchSize: 10, epochs, evalEvery: 4 },
        ...{ seed: 0, saveParameters: true, logPath },
      },
      {
        ...{ engine: await createEngine(engineName, { threads: 1 }), splits, signal: abort.signal },
        onStep: (step) => step === until && abort.abort(),
        onResume: (step) => resumed.push(step),
        checkpoints: {
          ...{ file: new CheckpointFile(path, () => true), every: 3, checksums: { images: "abc" } },
          warn: (message) => warnings.push(message),
        },
      },
    );
    const { record, parameters } = finished;
    const rows = readRunLog(logPath).map(({ trainingSeconds: _, ...row }) => row);
    return { record, rows, parameters, resumed };
  };
  return { go, path, warnings };
}

it.each([
  ["native", { name: "sgd", learningRate: 0.5, momentum: 0.9, warmupSteps: 10 }],
  ["native", { name: "adam", learningRate: 0.01 }],
  ["native", { name: "rp", learningRate: 2, momentum: 0.5, curvatureDecay: 0.9, curvature: { outputs: 3 } }],
  ["native", { name: "rp", learningRate: "auto", curvatureDecay: 0.9 }],
  ["reference", { name: "rp", learningRate: 2, curvature: { outputs: 3 } }],
] as const)("%s, %o: goes on twice, bit for bit", async (engine, optimizer) => {
  const undisturbed = await runIn(temporaryFolder(), optimizer, engine).go();
  expect([undisturbed.record.status, undisturbed.rows.length]).toEqual(["done", 4]);
  const { go, warnings } = runIn(temporaryFolder(), optimizer, engine);
  expect((await go(5)).record.status).toBe("interrupted");
  expect((await go(8)).resumed).toEqual([3]);
  const { record, rows, parameters, resumed } = await go();
  expect([resumed, record.resumedAt, record.status, warnings]).toEqual([[6], [3, 6], "done", []]);
  expect(rows).toEqual(undisturbed.rows);
  expect(parameters).toEqual(undisturbed.parameters);
  expect(undisturbed.record).not.toHaveProperty("resumedAt");
});

it("begins again, and says why, where a checkpoint is damaged or of another run", async () => {
  const optimizer = { name: "adam", learningRate: 0.01 };
  const undisturbed = await runIn(temporaryFolder(), optimizer).go();
  const { go, path, warnings } = runIn(temporaryFolder(), optimizer);
  await go(5);
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path, bytes);
  const again = await go(5);
  expect([again.resumed, again.record.resumedAt]).toEqual([[], undefined]);
  expect(warnings.pop()).toMatch(
    /its checkpoint is damaged \(its checksum is another\); the run begins again/,
  );
  expect((await go(3, 4)).resumed).toEqual([]);
  expect(warnings.pop()).toMatch(/its checkpoint is of another run \(.*epochs.*\); the run begins again/);
  writeFileSync(path, "nonsense");
  const { rows, parameters } = await go();
  expect(warnings).toHaveLength(1);
  expect({ rows, parameters }).toEqual({ rows: undisturbed.rows, parameters: undisturbed.parameters });
});
