// What AdaHessian, Sophia and Adam's relatives keep from one step to the next: a session that goes on from a saved state makes
// the same steps, bit for bit, also where the curvature of an earlier step is still in use.

import { expect, it } from "vitest";
import { createEngine, initialParameters, type OptimizerOptions } from "../../src/index.js";
import { expectClose, expectSame } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const layerSizes = [6, 4, 6];
const ROWS = 3;
const [BEFORE, AFTER] = [5, 6];
const sampled = { curvature: { outputs: 3 }, curvatureInterval: 4 } as const;
const everywhere: OptimizerOptions[] = [
  { name: "adamw", learningRate: 0.01, warmupSteps: 8 },
  { name: "amsgrad", learningRate: 0.01, beta2: 0.8 },
  { name: "rmsprop", learningRate: 0.01, momentum: 0.8 },
  { name: "adagrad", learningRate: 0.05, learningRateDecay: 0.1, initialAccumulator: 0.1 },
];
const curved: OptimizerOptions[] = [
  { name: "adahessian", learningRate: 0.01, ...sampled },
  { name: "sophia", learningRate: 0.01, ...sampled },
];
const cases = [
  ...[...everywhere, ...curved].map((optimizer) => ({ engine: "native" as const, optimizer })),
  ...everywhere.map((optimizer) => ({ engine: "tfjs" as const, optimizer })),
];

it.each(cases)("$engine goes on with $optimizer.name", async ({ engine: name, optimizer }) => {
  const engine = await createEngine(name, name === "tfjs" ? { backend: "cpu" } : { threads: 1 });
  const create = () =>
    engine.createSession({
      ...{ layerSizes, optimizer, batchSize: ROWS, seed: 5 },
      parameters: initialParameters(layerSizes, 1),
    });
  const batchOf = (step: number) => Float32Array.from(randomValues(ROWS * layerSizes[0], step, 0, 1));
  const [one, other] = [await create(), await create()];
  for (let step = 0; step < BEFORE; step++) await one.step(batchOf(step));
  const state = await one.save?.();
  if (!state) throw new Error("a session of this engine has a state");
  await other.restore?.(state);
  for (let step = BEFORE; step < BEFORE + AFTER; step++) {
    for (const session of [one, other]) await session.step(batchOf(step));
  }
  expectSame(other.parameters(), one.parameters(), "parameters");
  expect(other.parameters()).not.toEqual(state.parameters);
  for (const session of [one, other]) session.dispose();
});

it.each(everywhere)("tfjs makes the steps of native, warm-up and all: $name", async (optimizer) => {
  const ends: ArrayLike<number>[] = [];
  for (const [name, options] of [
    ["native", { threads: 1 }] as const,
    ["tfjs", { backend: "cpu" }] as const,
  ]) {
    const engine = await createEngine(name, options);
    const session = await engine.createSession({
      ...{ layerSizes, optimizer: { ...optimizer, warmupSteps: 8 }, batchSize: ROWS },
      parameters: initialParameters(layerSizes, 1),
    });
    for (let step = 0; step < BEFORE + AFTER; step++) {
      await session.step(Float32Array.from(randomValues(ROWS * layerSizes[0], step, 0, 1)));
    }
    ends.push(session.parameters());
    session.dispose();
  }
  expectClose(ends[1], ends[0], 2e-5, "parameters");
});
