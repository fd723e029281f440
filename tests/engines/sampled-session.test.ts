// Sessions with sampled curvature, its moving average and momentum: ten steps against brute force, and determinism.

import { describe, expect, it } from "vitest";
import { createEngine, initialParameters, type OptimizerOptions, RpBenchError } from "../../src/index.js";
import { OutputSampler } from "../../src/optimizers/output-sampler.js";
import * as oracle from "../support/brute-force.js";
import { expectClose, expectSame } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const layerSizes = [12, 7, 5, 12];
const batchSize = 4;
const batches = Array.from({ length: 10 }, (_, step) => randomValues(batchSize * 12, 50 + step, 0, 1));

async function run(
  engine: "native" | "reference",
  optimizer: OptimizerOptions,
  { seed = 3, double = false, threads = 2 } = {},
) {
  const cast = (values: ArrayLike<number>) =>
    double ? Float64Array.from(values) : Float32Array.from(values);
  const session = await (await createEngine(engine, { threads })).createSession({
    ...{ layerSizes, optimizer, batchSize, seed },
    parameters: cast(initialParameters(layerSizes, 0)),
  });
  for (const batch of batches) await session.step(cast(batch));
  const parameters = session.parameters();
  session.dispose();
  return parameters;
}
const sampled = (outputs: number, more: object = {}): OptimizerOptions => ({
  ...{ name: "rp", learningRate: 2, curvature: { outputs } },
  ...more,
});

describe("sampled curvature", () => {
  it("depends on the session's seed alone, and is the same draw on every engine", async () => {
    const first = await run("native", sampled(3));
    expectSame(await run("native", sampled(3), { threads: 3 }), first, "three threads");
    expectClose(await run("reference", sampled(3)), first, 1e-5, "reference"); // ten steps of float32 rounding
    const other = await run("native", sampled(3), { seed: 4 });
    expect(Array.from(other)).not.toEqual(Array.from(first));
  });

  it("is exact where every output is drawn", async () => {
    const exact = await run("native", { name: "rp", learningRate: 2 });
    expectSame(await run("native", sampled(12)), exact, "m = K");
  });

  it("leaves session.curvature exact", async () => {
    const parameters = initialParameters(layerSizes, 0);
    const session = await (await createEngine("native")).createSession({
      ...{ layerSizes, parameters, batchSize },
      optimizer: sampled(2),
    });
    const net = { layerSizes, activation: "tanh" as const };
    const batch = Float32Array.from(batches[0]);
    expectClose(await session.curvature(batch), oracle.curvature(net, parameters, batch), 2e-5, "curvature");
  });

  it("refuses more outputs than there are", async () => {
    const promise = run("native", sampled(13));
    await expect(promise).rejects.toThrow(RpBenchError);
    await expect(promise).rejects.toThrow(
      "optimizer.curvature.outputs: must be at most 12, the network's outputs, got 13",
    );
    await expect(run("native", sampled(0))).rejects.toThrow("optimizer.curvature");
  });
});

describe("the moving average", () => {
  it.each([
    ["exact", {}],
    ["exact, with momentum", { momentum: 0.7 }],
    ["exact, with Nesterov's momentum", { momentum: 0.7, nesterov: true }],
  ])(
    "begins at the first h and follows its rule: %s",
    async (_, more: { momentum?: number; nesterov?: boolean }) => {
      const decay = 0.8;
      const net = { layerSizes, activation: "tanh" as const };
      const optimizer: OptimizerOptions = { name: "rp", learningRate: 2, curvatureDecay: decay, ...more };
      const w = Float64Array.from(initialParameters(layerSizes, 0));
      const update = oracle.rules.rp(2, more.momentum, more.nesterov);
      let mean: Float64Array | null = null;
      for (const batch of batches) {
        const h = oracle.curvature(net, w, batch);
        const before: Float64Array = mean ?? h;
        mean = h.map((value, i) => decay * before[i] + (1 - decay) * value);
        update(w, oracle.gradient(net, w, batch), mean);
      }
      expectClose(await run("reference", optimizer, { double: true }), w, 1e-9, "reference");
      expectClose(await run("native", optimizer), w, 2e-5, "native");
    },
  );
});

describe("OutputSampler", () => {
  it("draws ascending subsets without replacement, every output equally often", () => {
    const sampler = new OutputSampler(10, 3, 1);
    const counts = new Array<number>(10).fill(0);
    const draws = 10_000;
    for (let draw = 0; draw < draws; draw++) {
      const sample = Array.from(sampler.draw());
      expect(new Set(sample).size).toBe(3);
      expect(sample).toEqual([...sample].sort((a, b) => a - b));
      for (const output of sample) counts[output]++;
    }
    // Each expects 3,000 with deviation √(10,000 · 0.3 · 0.7) = 46; 5 deviations.
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(230);
  });
});
