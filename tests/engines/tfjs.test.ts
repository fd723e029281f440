// The engine over TensorFlow.js against the reference engine in float64.

import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import { createEngine, type Engine, initialParameters, type OptimizerOptions } from "../../src/index.js";
import { CURVATURE_BOUNDS } from "../../src/model/objective.js";
import { randomValues } from "../support/random.js";

const tf = createRequire(import.meta.url)("@tensorflow/tfjs-core") as typeof import("@tensorflow/tfjs-core");
const BACKENDS = ["wasm", "cpu"] as const;

/** Largest difference over the largest value. */
function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  expect(got.length).toBe(want.length);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < want.length; i++) {
    difference = Math.max(difference, Math.abs(got[i] - want[i]));
    largest = Math.max(largest, Math.abs(want[i]));
  }
  return difference / largest;
}

// float32 rounds at 6e-8. Sums here have up to 1e4 terms of like sign (a curvature's: samples × outputs), whose rounding
// errors grow as the root of their number or, summed in a row, as the number: 6e-8 × 100 = 6e-6, with room for chains of
// layers.
const TOLERANCE = 2e-5;
const ROWS = 6;

it.each([
  [{ backend: "gpu" }, 'backend: must be one of auto, tensorflow, webgpu, wasm, cpu, got "gpu"'],
  [{ tensorMegabytes: 0 }, "tensorMegabytes: must be at least 1, got 0"],
])("refuses %j", async (options, message) => {
  const made = createEngine("tfjs", options as Parameters<typeof createEngine>[1]);
  await expect(made).rejects.toMatchObject({ code: "CONFIG_INVALID", message });
});

it("keeps sessions on different backends apart", async () => {
  const layerSizes = [4, 3, 4];
  const batch = Float32Array.from(randomValues(12, 1, 0, 1));
  const make = async (backend: (typeof BACKENDS)[number]) => {
    const engine = await createEngine("tfjs", { backend });
    const optimizer = { name: "rp", learningRate: 1 } as const;
    return engine.createSession({
      layerSizes,
      batchSize: 3,
      optimizer,
      parameters: initialParameters(layerSizes, 0),
    });
  };
  const sessions = [await make("wasm"), await make("cpu")];
  const used: string[] = [];
  for (let step = 0; step < 3; step++) {
    await Promise.all(sessions.map((session) => session.step(batch)));
    for (const session of sessions) {
      await session.evaluate(batch);
      used.push(tf.getBackend());
    }
  }
  expect(used).toEqual(["wasm", "cpu", "wasm", "cpu", "wasm", "cpu"]);
  expect(distance(sessions[0].parameters(), sessions[1].parameters())).toBeLessThan(TOLERANCE);
  for (const session of sessions) session.dispose();
});

describe.each(BACKENDS)("tfjs on %s", (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine("tfjs", { backend });
  });

  it("says which backend it is", () => {
    expect(engine.description).toMatchObject({ name: "tfjs", instructionSet: backend });
  });

  for (const activation of ["tanh", "relu", "sigmoid"] as const) {
    for (const layerSizes of [
      [9, 9],
      [12, 5, 12],
      [11, 7, 4, 6, 11],
    ]) {
      it(`has loss, gradient and curvature of ${layerSizes.join("-")} ${activation}`, async () => {
        const count = initialParameters(layerSizes, 0).length;
        const parameters = Float32Array.from(randomValues(count, 5, -1, 1));
        const batch = Float32Array.from(randomValues(ROWS * layerSizes[0], 6, 0, 1));
        const options = {
          layerSizes,
          activation,
          batchSize: ROWS,
          optimizer: { name: "sgd", learningRate: 1 },
        } as const;
        const reference = await (await createEngine("reference")).createSession({
          ...options,
          parameters: Float64Array.from(parameters),
        });
        const double = Float64Array.from(batch);
        const session = await engine.createSession({ ...options, parameters });
        expect(distance(session.parameters(), parameters)).toBe(0);
        expect(distance([await session.evaluate(batch)], [await reference.evaluate(double)])).toBeLessThan(
          TOLERANCE,
        );
        expect(distance(await session.gradient(batch), await reference.gradient(double))).toBeLessThan(
          TOLERANCE,
        );
        expect(distance(await session.curvature(batch), await reference.curvature(double))).toBeLessThan(
          TOLERANCE,
        );
        session.dispose();
        reference.dispose();
      });
    }
  }

  it.each(CURVATURE_BOUNDS)("has the cross-entropy with the curvature %s", async (curvatureBound) => {
    const layerSizes = [11, 7, 4, 6, 11];
    const count = initialParameters(layerSizes, 0).length;
    const parameters = Float32Array.from(randomValues(count, 5, -3, 3)); // some outputs saturate
    const batch = Float32Array.from(randomValues(ROWS * 11, 6, 0, 1));
    const shared = { layerSizes, batchSize: ROWS, loss: "cross-entropy", curvatureBound, seed: 3 } as const;
    for (const optimizer of [
      { name: "rp", learningRate: 0.1 },
      { name: "rp", learningRate: 0.1, curvature: { outputs: 4 } },
      { name: "rp", learningRate: "auto" },
    ] as const) {
      const reference = await (await createEngine("reference")).createSession({
        ...{ ...shared, optimizer, parameters: Float64Array.from(parameters) },
      });
      const session = await engine.createSession({ ...shared, optimizer, parameters });
      const double = Float64Array.from(batch);
      const [loss, gradient] = [await reference.evaluate(double), await reference.gradient(double)];
      expect(distance([await session.evaluate(batch)], [loss])).toBeLessThan(TOLERANCE);
      expect(distance(await session.gradient(batch), gradient)).toBeLessThan(TOLERANCE);
      expect(distance(await session.curvature(batch), await reference.curvature(double))).toBeLessThan(
        TOLERANCE,
      );
      // Where units saturate, a quotient g / h is one of two roundings: steps are compared from other parameters.
      const initial = initialParameters(layerSizes, 1);
      session.setParameters(initial);
      reference.setParameters(Float64Array.from(initial));
      const [got, want] = [await session.step(batch), await reference.step(double)];
      expect(distance([got.loss], [want.loss])).toBeLessThan(TOLERANCE);
      expect(distance(session.parameters(), reference.parameters())).toBeLessThan(10 * TOLERANCE);
      if (want.chosen) {
        expect(got.chosen?.learningRate).toBeCloseTo(want.chosen.learningRate, 3);
        expect(got.chosen?.momentum).toBe(0);
      }
      session.dispose();
      reference.dispose();
    }
  });

  const optimizers: OptimizerOptions[] = [
    { name: "sgd", learningRate: 0.5 },
    { name: "sgd", learningRate: 0.2, momentum: 0.8 },
    { name: "sgd", learningRate: 0.2, momentum: 0.8, nesterov: true },
    { name: "adam", learningRate: 0.01 },
    { name: "adam", learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 1e-3 },
    { name: "rp", learningRate: 2 },
    { name: "rp", learningRate: 2, momentum: 0.7 },
    { name: "rp", learningRate: 2, momentum: 0.7, nesterov: true },
    { name: "rp", learningRate: 2, curvature: { outputs: 4 } },
    { name: "rp", learningRate: 2, curvature: { outputs: 4 }, curvatureDecay: 0.9, momentum: 0.5 },
    { name: "rp", learningRate: 2, curvature: { outputs: 11 } },
    { name: "sgd", learningRate: 0.5, warmupSteps: 4 },
    { name: "sgd", learningRate: 0.2, momentum: 0.8, warmupSteps: 4 },
    { name: "adam", learningRate: 0.01, warmupSteps: 4 },
    { name: "rp", learningRate: 2, curvatureDecay: 0.9, safeguard: true, warmupSteps: 4 },
    { name: "rp", learningRate: 2, curvatureDecay: 0.9, safeguard: true, exponent: 0.5, momentum: 0.5 },
    { name: "rp", learningRate: 0.5, exponent: 0 },
    { name: "rp", learningRate: "auto" },
    { name: "rp", learningRate: "auto", curvature: { outputs: 4 }, curvatureDecay: 0.9, exponent: 0.5 },
  ];
  it.each(optimizers)("takes the same ten steps with %j", async (optimizer) => {
    const layerSizes = [11, 7, 4, 6, 11];
    const parameters = initialParameters(layerSizes, 1);
    const options = { layerSizes, batchSize: ROWS, optimizer, seed: 3 };
    const reference = await (await createEngine("reference")).createSession({
      ...options,
      parameters: Float64Array.from(parameters),
    });
    const session = await engine.createSession({ ...options, parameters });
    for (let step = 0; step < 10; step++) {
      const batch = randomValues(ROWS * 11, 20 + step, 0, 1);
      const [got, want] = [
        await session.step(Float32Array.from(batch)),
        await reference.step(Float64Array.from(batch)),
      ];
      expect(distance([got.loss], [want.loss])).toBeLessThan(TOLERANCE);
      expect(got.parametersFinite).toBe(true);
    }
    // Ten steps add their errors up.
    expect(distance(session.parameters(), reference.parameters())).toBeLessThan(10 * TOLERANCE);
    session.dispose();
    reference.dispose();
  });

  it("leaks no tensor over 200 steps", async () => {
    const layerSizes = [4, 3, 4];
    for (const optimizer of [
      { name: "rp", learningRate: 1, curvature: { outputs: 2 }, momentum: 0.5, curvatureDecay: 0.5 },
      { name: "adam", learningRate: 0.01 },
      { name: "sgd", learningRate: 0.1, momentum: 0.5, warmupSteps: 100 },
      { name: "rp", learningRate: "auto", exponent: 0.5, curvatureDecay: 0.5, safeguard: true },
    ] as const) {
      const before = tf.memory().numTensors;
      const parameters = initialParameters(layerSizes, 0);
      const session = await engine.createSession({ layerSizes, batchSize: 3, optimizer, parameters });
      const batch = Float32Array.from(randomValues(12, 1, 0, 1));
      await session.step(batch);
      const { numTensors } = tf.memory();
      for (let step = 0; step < 200; step++) await session.step(batch);
      await session.gradient(batch);
      await session.curvature(batch);
      await session.evaluate(batch);
      expect(tf.memory().numTensors).toBe(numTensors);
      session.dispose();
      await new Promise((resolve) => setImmediate(resolve));
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it("finds parameters that are not finite", async () => {
    const layerSizes = [4, 3, 4];
    const parameters = initialParameters(layerSizes, 0);
    const optimizer = { name: "sgd", learningRate: 3e38 } as const;
    const session = await engine.createSession({ layerSizes, batchSize: 1, optimizer, parameters });
    const batch = new Float32Array(4).fill(1e10);
    expect((await session.step(batch)).parametersFinite).toBe(false);
    session.dispose();
  });
});
