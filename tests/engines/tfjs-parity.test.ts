// Fifty steps on real MNIST through every engine, from the same parameters and batches.

import { describe, expect, it } from "vitest";
import { BatchSource } from "../../src/data/batches.js";
import { loadDataset } from "../../src/data/load.js";
import { splitDataset } from "../../src/data/splits.js";
import { createEngine, initialParameters, type OptimizerOptions } from "../../src/index.js";

const layerSizes = [784, 32, 16, 32, 784];
const BATCH = 2;
const STEPS = 50;
// Rates at most half of what diverges here, so that a rounding error does not grow from step to step.
const optimizers: OptimizerOptions[] = [
  { name: "sgd", learningRate: 2 },
  { name: "adam", learningRate: 1e-3 },
  { name: "rp", learningRate: 2 },
  { name: "rp", learningRate: 2, curvature: { outputs: 32 }, curvatureDecay: 0.9, momentum: 0.5 },
];
/**
 * One float32 evaluation of the loss is off by at most some 1e-6 (sums of 784 terms, 6e-8 each, in four layers), and a
 * step moves the parameters by an error of that size relative to the step. Where errors do not grow they add up, at worst
 * by their number.
 */
const tolerance = (step: number) => 1e-6 * (1 + step);

describe.each(optimizers)("%j", (optimizer) => {
  it("has the same losses over 50 steps on native, wasm, reference and tfjs", {
    timeout: 120_000,
  }, async () => {
    const { train } = splitDataset(await loadDataset("mnist"), 1000);
    const parameters = initialParameters(layerSizes, 4);
    const trajectory = async (engine: Awaited<ReturnType<typeof createEngine>>, double = false) => {
      const batches = new BatchSource(train, BATCH, 4);
      const start = double ? Float64Array.from(parameters) : parameters;
      const options = { layerSizes, optimizer, parameters: start, batchSize: BATCH, seed: 4 };
      const session = await engine.createSession(options);
      const losses: number[] = [];
      for (let step = 0; step < STEPS; step++) {
        const batch = batches.at(step);
        losses.push((await session.step(double ? Float64Array.from(batch) : batch)).loss);
      }
      session.dispose();
      return losses;
    };
    const exact = await trajectory(await createEngine("reference"), true);
    expect(exact[STEPS - 1]).toBeLessThan(0.9 * exact[0]);
    const engines = {
      native: await createEngine("native"),
      reference: await createEngine("reference"),
      wasm: await createEngine("wasm"),
      "tfjs on wasm": await createEngine("tfjs", { backend: "wasm" }),
      "tfjs on cpu": await createEngine("tfjs", { backend: "cpu" }),
    };
    for (const [name, engine] of Object.entries(engines)) {
      const losses = await trajectory(engine);
      losses.forEach((loss, step) => {
        expect(Math.abs(loss / exact[step] - 1), `${name}, step ${step}`).toBeLessThan(tolerance(step));
      });
    }
  });
});
