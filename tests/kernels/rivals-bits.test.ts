// The updates of the rivals give the same bits with every instruction set that has a fused multiply-add, and for any number
// of threads, as bits.test.ts shows it of RP, Adam and SGD.

import { afterEach, expect, it, vi } from "vitest";
import { createEngine, initialParameters, type OptimizerOptions } from "../../src/index.js";
import { expectSame } from "../support/compare.js";
import { randomValues } from "../support/random.js";

afterEach(() => vi.unstubAllEnvs());

const layerSizes = [65, 30, 65]; // no whole number of vectors
const ROWS = 9;
const optimizers: OptimizerOptions[] = [
  { name: "adamw", learningRate: 0.01 },
  { name: "amsgrad", learningRate: 0.01 },
  { name: "rmsprop", learningRate: 0.001, momentum: 0.9 },
  { name: "adagrad", learningRate: 0.01, learningRateDecay: 0.01 },
  { name: "adahessian", learningRate: 0.01, curvatureInterval: 3 },
  { name: "sophia", learningRate: 0.01, curvature: { outputs: 7 } },
];

async function trained(set: string, threads: number, optimizer: OptimizerOptions) {
  vi.stubEnv("RP_BENCH_INSTRUCTION_SET", set);
  const engine = await createEngine("native", { threads });
  const parameters = initialParameters(layerSizes, 2);
  const session = await engine.createSession({ layerSizes, optimizer, parameters, batchSize: ROWS, seed: 3 });
  for (let step = 0; step < 20; step++) {
    await session.step(Float32Array.from(randomValues(ROWS * layerSizes[0], step, 0, 1)));
  }
  const values = session.parameters();
  session.dispose();
  return values;
}

it.each(optimizers)("$name", async (optimizer) => {
  const first = await trained("", 1, optimizer);
  expect(first.every(Number.isFinite)).toBe(true);
  expectSame(await trained("", 3, optimizer), first, "three threads");
  for (const set of ["avx2", "avx512"]) {
    const other = await trained(set, 2, optimizer).catch((error) => {
      expect(String(error)).toContain(`this processor or build has no ${set} kernels`);
      return first;
    });
    expectSame(other, first, set);
  }
});
