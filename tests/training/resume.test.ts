// A run that is broken off goes on from its checkpoint with the losses and parameters of one that nothing disturbed.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runConfigSchema } from "../../src/config/schema.js";
import { createEngine, type EngineName } from "../../src/index.js";
import { OPTIMIZER_NAMES } from "../../src/optimizers/registry.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/results/checkpoint.js";
import { CheckpointFile } from "../../src/results/checkpoint-file.js";
import { readRunLog } from "../../src/results/run-log.js";
import { trainRun } from "../../src/training/run.js";
import { temporaryFolder } from "../support/cli.js";
import { moduleOf } from "../support/module.js";
import { randomValues } from "../support/random.js";
import { keptModule } from "../support/resume.js";

const images = { count: 40, size: 6, pixels: Uint8Array.from(randomValues(240, 1, 0, 256)) };
const splits = { train: images, validation: images, test: images };

const engineOf = (name: EngineName) =>
  createEngine(name, name === "tfjs" ? { backend: "cpu" } : { threads: name === "native" ? 1 : undefined });

function runIn(folder: string, optimizer: object, engineName: EngineName = "native", where = "") {
  const path = join(folder, where, "run.checkpoint");
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
        ...{ engine: await engineOf(engineName), splits, signal: abort.signal },
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

const sampled = {
  ...{ name: "rp", learningRate: 2, curvature: { outputs: 3 }, curvatureDecay: 0.9, safeguard: true },
  ...{ momentum: 0.5, warmupSteps: 10 },
};

async function goesOnTwice(engine: EngineName, optimizer: object): Promise<void> {
  const undisturbed = await runIn(temporaryFolder(), optimizer, engine).go();
  expect([undisturbed.record.status, undisturbed.rows.length]).toEqual(["done", 4]);
  const { go, warnings } = runIn(temporaryFolder(), optimizer, engine);
  expect((await go(5)).record.status).toBe("interrupted");
  expect((await go(8)).resumed).toEqual([3]);
  const { record, rows, parameters, resumed } = await go();
  expect([resumed, record.resumedAt, record.status, warnings]).toEqual([[6], [3, 6], "done", []]);
  expect(rows).toEqual(undisturbed.rows);
  expect(record.lastFiniteLoss).toBe(undisturbed.record.lastFiniteLoss);
  expect(parameters).toEqual(undisturbed.parameters);
  expect(undisturbed.record).not.toHaveProperty("resumedAt");
}

it.each([
  ...OPTIMIZER_NAMES.map((name) => ["native", { name, learningRate: 0.01, warmupSteps: 10 }] as const),
  ["native", { name: "sgd", learningRate: 0.5, momentum: 0.9, nesterov: true }],
  ["native", sampled],
  ["native", { name: "rp", learningRate: "auto", curvature: { outputs: 3 }, curvatureDecay: 0.9 }],
  ["reference", { name: "sgd", learningRate: 0.5, momentum: 0.9 }],
  ["reference", { name: "adam", learningRate: 0.01 }],
  ["reference", sampled],
  ["reference", { name: "rp", learningRate: "auto" }],
  ["tfjs", { name: "sgd", learningRate: 0.5, momentum: 0.9, warmupSteps: 5 }],
  ["tfjs", { name: "adam", learningRate: 0.01 }],
  ["tfjs", sampled],
  ["tfjs", { name: "rp", learningRate: "auto", curvatureDecay: 0.9 }],
] as const)("%s, %o: goes on twice, bit for bit", goesOnTwice);

it("goes on twice, bit for bit, with a module that has save and restore", () => {
  return goesOnTwice("native", moduleOf(keptModule(), 0.01));
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

it.each([
  ["nonsense\n1\n", /its checkpoint is damaged, its log: .*; the run begins again/],
  [
    "epoch,step,training_seconds,train_loss,validation_loss,test_loss\n9,99,0,1,1,1\n",
    /its checkpoint is damaged \(its log is not that of its steps\); the run begins again/,
  ],
])("begins again where a checkpoint's log is %j", async (log, warning) => {
  const { go, path, warnings } = runIn(temporaryFolder(), { name: "adam", learningRate: 0.01 });
  await go(5);
  const { header, arrays } = decodeCheckpoint(readFileSync(path));
  writeFileSync(path, encodeCheckpoint({ header: { ...Object(header), log }, arrays }));
  const { record, rows, resumed } = await go();
  expect([record.status, resumed, rows.length]).toEqual(["done", [], 4]);
  expect(warnings).toEqual([expect.stringMatching(warning)]);
});

const step = "async (session, batch) => void (await session.gradient(batch))";

it.each([
  [
    "has none",
    step,
    /holds no state \(mine\.mjs has no save and restore, which docs\/extend\.md describes\)/,
  ],
  [
    "fails to restore",
    `({ update: ${step}, save: () => 7, restore(state) { throw new Error("not " + state); } })`,
    /cannot be used \(mine\.mjs: restore failed: not 7\)/,
  ],
  [
    "restores without end",
    `({ update: ${step}, save: () => 7, restore: () => new Promise(() => {}) })`,
    /cannot be used \(mine\.mjs: restore failed: restore never ended\)/,
  ],
])("begins again, and says why, where a module's state %s", async (_, update, warning) => {
  const { go, warnings } = runIn(
    temporaryFolder(),
    moduleOf(`export default { create: () => ${update} }`, 1),
  );
  await go(5);
  const { record, rows, resumed } = await go();
  expect([record.status, record.resumedAt, resumed, rows.length]).toEqual(["done", undefined, [], 4]);
  expect(warnings).toEqual([expect.stringMatching(warning)]);
});

it("diverges at the step at which it would have, where the loss was too high before and after it was stopped", async () => {
  const source = `export default { create() {
    let step = 0;
    const update = (session) => { if (++step > 3) session.setParameters(session.parameters().fill(40)); };
    return { update, save: () => step, restore: (saved) => void (step = saved) };
  } }`;
  const undisturbed = await runIn(temporaryFolder(), moduleOf(source, 1)).go(undefined, 10);
  expect([undisturbed.record.status, undisturbed.record.step]).toEqual(["diverged", 24]);
  const { go } = runIn(temporaryFolder(), moduleOf(source, 1));
  await go(13, 10);
  const { record, resumed, rows } = await go(undefined, 10);
  expect([record.status, record.step, resumed, rows]).toEqual(["diverged", 24, [12], undisturbed.rows]);
});

it("fails where the state of a module cannot be saved", async () => {
  const source = `export default { create: () => ({ update: ${step}, save: () => () => 1, restore() {} }) }`;
  const { record } = await runIn(temporaryFolder(), moduleOf(source, 1)).go();
  expect([record.status, record.step]).toEqual(["failed", 3]);
  expect(record.reason).toMatch(/^mine\.mjs: save failed: .* could not be cloned/);
});

it("goes on without checkpoints, and says so once, where none can be written", async () => {
  const { go, warnings } = runIn(temporaryFolder(), { name: "adam", learningRate: 0.01 }, "native", "absent");
  expect((await go()).record.status).toBe("done");
  expect(warnings).toEqual([
    expect.stringMatching(
      /run\.checkpoint: cannot be written .*; the run goes on without further checkpoints/,
    ),
  ]);
});
