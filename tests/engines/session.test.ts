// What a session promises beyond numbers: errors before any memory is touched, order, copies, disposal.

import { describe, expect, it } from "vitest";
import {
  createEngine,
  type EngineName,
  initialParameters,
  RpBenchError,
  type SessionOptions,
} from "../../src/index.js";
import { expectClose, expectSame } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const layerSizes = [12, 7, 12];
const batchSize = 6;
const parameters = initialParameters(layerSizes, 1);
const batch = Float32Array.from(randomValues(batchSize * 12, 2, 0, 1));
const options: SessionOptions = {
  layerSizes,
  optimizer: { name: "rp", learningRate: 2 },
  parameters,
  batchSize,
};
const names: EngineName[] = ["native", "wasm", "reference"];

async function errorOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RpBenchError);
  return error as RpBenchError;
}

describe.each(names)("%s", (name) => {
  const create = async (changes: object = {}) =>
    (await createEngine(name, { threads: 2 })).createSession({ ...options, ...changes });

  it.each([
    [{ layerSizes: [12] }, "layerSizes: must name at least the input and the output layer, got [12]"],
    [{ layerSizes: [12, 0, 12] }, "layerSizes[1]: must be at least 1, got 0"],
    [{ layerSizes: [12, 2.5, 12] }, "layerSizes[1]: must be a whole number, got 2.5"],
    [
      { layerSizes: [12, 7, 11] },
      "layerSizes: an autoencoder ends as it begins, got 12 inputs and 11 outputs",
    ],
    [{ activation: "gelu" }, 'activation: must be one of tanh, relu, sigmoid, got "gelu"'],
    [{ batchSize: 0 }, "batchSize: must be at least 1, got 0"],
    [
      { optimizer: { name: "lion", learningRate: 1 } },
      'optimizer.name: must be one of rp, adam, sgd, adamw, amsgrad, rmsprop, adagrad, adahessian, sophia, got "lion"',
    ],
    [{ optimizer: { name: "sgd" } }, "optimizer.learningRate: must be a positive number, but it is missing"],
    [
      { optimizer: { name: "sgd", learningRate: -1 } },
      "optimizer.learningRate: must be a positive number, got -1",
    ],
    [{ optimizer: { name: "sgd", learningRate: 1, beta1: 0.5 } }, 'optimizer: unrecognized key: "beta1"'],
    [
      { optimizer: { name: "sgd", learningRate: 1, momentum: 1 } },
      "optimizer.momentum: must be from 0 to below 1, got 1",
    ],
    [
      { optimizer: { name: "rp", learningRate: 1, nesterov: true } },
      "optimizer.nesterov: needs a momentum above 0 (--momentum)",
    ],
    [
      { activation: Symbol.iterator },
      "activation: must be one of tanh, relu, sigmoid, got Symbol(Symbol.iterator)",
    ],
    [
      { optimizer: { name: "adam", learningRate: 1, epsilon: 1e-50 } },
      "optimizer.epsilon: must be within float32's range, got 1e-50",
    ],
    [{ momentum: 0.9 }, 'options: unrecognized key: "momentum"'],
  ])("refuses %j", async (changes, message) => {
    const error = await errorOf(create(changes));
    expect(error.message).toBe(message);
    expect(error.code).toBe("CONFIG_INVALID");
  });

  it("refuses parameters and batches of the wrong length or type", async () => {
    const wrong = await errorOf(create({ parameters: parameters.slice(1) }));
    expect(wrong.message).toBe("parameters: 12-7-12 has 187, got 186");
    expect((await errorOf(create({ parameters: Array.from(parameters) }))).code).toBe("CONFIG_INVALID");
    const session = await create();
    const calls = [session.step, session.gradient, session.curvature].map((call) => call.bind(session));
    for (const call of calls) {
      const short = await errorOf(call(batch.subarray(1)));
      expect(short.message).toBe("batch: must have 72 values, got 71");
      const double = await errorOf(call(Float64Array.from(batch)));
      expect(double.message).toBe("batch: must be a Float32Array like the parameters, got Float64Array");
    }
    const images = await errorOf(session.evaluate(batch.subarray(0, 13)));
    expect(images.message).toBe("images: the length must be a positive multiple of 12, got 13");
    expect(() => session.setParameters(parameters.slice(1))).toThrow(
      "parameters: must have 187 values, got 186",
    );
    expectSame(session.parameters(), parameters, "parameters after refused calls");
    session.dispose();
  });

  it("copies parameters in and out", async () => {
    const mine = parameters.slice();
    const session = await create({ parameters: mine });
    mine.fill(0);
    expectSame(session.parameters(), parameters, "parameters");
    session.parameters().fill(0);
    expectSame(session.parameters(), parameters, "parameters");
    session.dispose();
  });

  it("runs overlapping calls in order", async () => {
    const apart = await create();
    const losses: number[] = [];
    for (let i = 0; i < 4; i++) losses.push((await apart.step(batch)).loss);
    const together = await create();
    const results = await Promise.all([1, 2, 3, 4].map(() => together.step(batch)));
    expectSame(
      results.map(({ loss }) => loss),
      losses,
      "losses",
    );
    expect(losses[3]).toBeLessThan(losses[0]);
    apart.dispose();
    together.dispose();
  });

  it("refuses to touch parameters while a call is under way", async () => {
    const session = await create();
    const pending = session.step(batch);
    for (const touch of [() => session.parameters(), () => session.setParameters(parameters)]) {
      expect(touch).toThrow(expect.objectContaining({ code: "BUSY" }));
    }
    await pending;
    session.setParameters(parameters);
    expectSame(session.parameters(), parameters, "parameters");
  });

  it("serves an optimizer of the user's own", async () => {
    const own = await create();
    const builtIn = await create();
    for (let step = 0; step < 5; step++) {
      const [g, h, w] = [await own.gradient(batch), await own.curvature(batch), own.parameters()];
      own.setParameters(w.map((value, i) => value - (2 * g[i]) / h[i]) as Float32Array);
      await builtIn.step(batch);
    }
    expectClose(own.parameters(), builtIn.parameters(), 1e-6, "parameters"); // float32, five steps
    own.dispose();
    builtIn.dispose();
  });

  it("is disposed once and for all", async () => {
    const session = await create();
    const pending = session.step(batch);
    await pending;
    session.dispose();
    session.dispose();
    for (const call of [
      () => session.step(batch),
      () => session.evaluate(batch),
      () => session.gradient(batch),
    ]) {
      expect((await errorOf(call())).code).toBe("DISPOSED");
    }
    expect(() => session.parameters()).toThrow(RpBenchError);
  });

  it("evaluates any number of rows like one batch after another", async () => {
    const session = await create();
    const rows = 257;
    const images = Float32Array.from(randomValues(rows * 12, 9, 0, 1));
    let sum = 0;
    for (let row = 0; row < rows; row++)
      sum += await session.evaluate(images.subarray(row * 12, (row + 1) * 12));
    expectClose([await session.evaluate(images)], [sum / rows], 1e-6, "loss");
    session.dispose();
  });
});

it.each([
  ["native", undefined],
  ["reference", undefined],
  ["tfjs", "cpu"],
] as const)("%s refuses the state of another session, and keeps its own", async (name, backend) => {
  const engine = await createEngine(name, { backend });
  const create = (optimizer: SessionOptions["optimizer"]) => engine.createSession({ ...options, optimizer });
  const [adam, sampled] = [
    await create({ name: "adam", learningRate: 0.1 }),
    await create({ name: "rp", learningRate: 1, curvature: { outputs: 3 } }),
  ];
  await adam.step(batch);
  await sampled.step(batch);
  const before = await adam.save?.();
  const other = await sampled.save?.();
  if (!before || !other) throw new Error("a session of this engine has a state");
  const { steps: _, ...without } = before;
  for (const state of [other, without, { ...before, parameters: new Float32Array(3) }]) {
    const error = await errorOf(adam.restore?.(state) ?? Promise.resolve());
    expect([error.code, error.message]).toEqual(["INVALID_ARGUMENT", expect.stringMatching(/^state: /)]);
  }
  expect(await adam.save?.()).toEqual(before);
  for (const session of [adam, sampled]) session.dispose();
});

it("keeps double precision to the reference engine", async () => {
  const double = { ...options, parameters: Float64Array.from(parameters) };
  const session = await (await createEngine("reference")).createSession(double);
  expect(session.parameters()).toBeInstanceOf(Float64Array);
  for (const name of ["native", "wasm"] as const) {
    const { message } = await errorOf((await createEngine(name)).createSession(double));
    expect(message).toContain(`the ${name} engine computes in float32`);
  }
});

it("says so where buffers cannot be had", async () => {
  const layerSizes = [100_000, 1, 100_000];
  const huge = { layerSizes, parameters: initialParameters(layerSizes, 0), batchSize: 2 ** 20 };
  const optimizer = { name: "sgd" as const, learningRate: 1 };
  for (const name of ["native", "wasm", "reference"] as const) {
    const error = await errorOf((await createEngine(name)).createSession({ ...huge, optimizer }));
    expect(error.code).toBe("OUT_OF_MEMORY");
  }
});

it("checks what parameters are initialized for", () => {
  expect(() => initialParameters([3, -1], 0)).toThrow("layerSizes[1]: must be at least 1, got -1");
  expect(() => initialParameters([3, 2.5], 0)).toThrow("layerSizes[1]: must be a whole number, got 2.5");
});

it("refuses engines and thread counts that are none", async () => {
  const unknown = await errorOf(createEngine("cuda" as EngineName));
  expect(unknown.message).toBe('engine: must be one of native, wasm, reference, tfjs, got "cuda"');
  for (const threads of [0, -1, 1.5, 257, Number.NaN]) {
    expect((await errorOf(createEngine("native", { threads }))).code).toBe("CONFIG_INVALID");
  }
});
