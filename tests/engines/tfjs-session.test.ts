// What sessions over TensorFlow.js do where memory, other sessions or the user come between; float64 is the oracle.

import { createRequire } from "node:module";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PAUSE_MILLISECONDS } from "../../src/engines/guarded-session.js";
import { createEngine, initialParameters, RpBenchError, type SessionOptions } from "../../src/index.js";
import { layoutOf } from "../../src/model/architecture.js";
import { expectClose, expectSame } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const tf = createRequire(import.meta.url)("@tensorflow/tfjs-core") as typeof import("@tensorflow/tfjs-core");
const BACKENDS = ["wasm", "cpu"] as const;
/** As in tfjs.test.ts. */
const TOLERANCE = 2e-5;

const layerSizes = [50, 40, 20, 40, 50];
const rp = { name: "rp", learningRate: 1 } as const;
const sgd = { name: "sgd", learningRate: 0.5 } as const;
const valuesOf = (rows: number, seed: number, columns = 50) =>
  Float32Array.from(randomValues(rows * columns, seed, 0, 1));

type Options = Partial<SessionOptions> & { optimizer: SessionOptions["optimizer"] };
async function sessionOn(backend: (typeof BACKENDS)[number], options: Options, tensorMegabytes?: number) {
  const engine = await createEngine("tfjs", { backend, tensorMegabytes });
  const parameters = initialParameters(options.layerSizes ?? layerSizes, 1);
  return engine.createSession({ layerSizes, parameters, batchSize: 3, ...options });
}
async function oracle(options: Options) {
  const parameters = Float64Array.from(options.parameters ?? initialParameters(layerSizes, 1));
  return (await createEngine("reference")).createSession({
    layerSizes,
    batchSize: 3,
    ...options,
    parameters,
  });
}

/** Does something in the middle of a call: when a kernel runs for the first time. */
function when(kernel: string, backend: string, act: () => void) {
  const config = tf.getKernel(kernel, backend);
  const original = config.kernelFunc;
  return vi.spyOn(config, "kernelFunc").mockImplementationOnce((...args) => {
    act();
    return original(...args);
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(BACKENDS)("a session on %s", (backend) => {
  it("takes as many samples at a time as the bound allows, and comes to the same curvature", async () => {
    const layerSizes = [100, 80, 40, 80, 100];
    const options = {
      layerSizes,
      parameters: initialParameters(layerSizes, 1),
      optimizer: rp,
      batchSize: 37,
    };
    const session = await sessionOn(backend, options, 1);
    const batch = valuesOf(37, 2, 100);
    const before = tf.memory().numBytes;
    let curvature: ArrayLike<number> = [];
    const { peakBytes } = await tf.profile(async () => {
      curvature = await session.curvature(batch);
      return tf.scalar(0);
    });
    // 2 arrays of 200 hidden units × 100 outputs × 4 bytes: 6 samples in 1 MiB. On top come views of the same memory, which
    // tf.memory counts again, and what has no unit and output. One sample would take a sixth, all 37 six times as much.

    expect((peakBytes - before) / 2 ** 20).toBeGreaterThan(0.6);
    expect((peakBytes - before) / 2 ** 20).toBeLessThan(1.3);
    const reference = await oracle(options);
    expectClose(curvature, await reference.curvature(Float64Array.from(batch)), TOLERANCE, "curvature");
    session.dispose();
  });

  it("leaves alone what has no curvature, with dead units, dark pixels and one output sampled", async () => {
    const layerSizes = [6, 5, 4, 6];
    const parameters = Float32Array.from(randomValues(initialParameters(layerSizes, 0).length, 3, -1, 1));
    const [first, , top] = layoutOf(layerSizes);
    parameters[first.biases] = -100; // a unit that relu keeps at 0
    // All outputs but the last hang on nothing: one of them sampled gives h = 0 and ΣT = 0 where the gradient is not 0.
    parameters.fill(0, top.weights, top.weights + 5 * 4);
    const options = {
      ...({ layerSizes, parameters, activation: "relu", seed: 2 } as const),
      optimizer: { name: "rp", learningRate: 0.5, curvature: { outputs: 1 } } as const,
    };
    const [session, reference] = [await sessionOn(backend, options), await oracle(options)];
    for (let step = 0; step < 4; step++) {
      const batch = valuesOf(3, 4 + step, 6);
      for (let row = 0; row < 3; row++) batch[row * 6 + 2] = 0;
      const { loss } = await session.step(batch);
      expectClose([loss], [(await reference.step(Float64Array.from(batch))).loss], TOLERANCE, `step ${step}`);
      expectClose(session.parameters(), reference.parameters(), TOLERANCE, `after step ${step}`);
    }
    session.dispose();
  });

  it("evaluates more rows than it takes at a time", async () => {
    const options = { optimizer: sgd };
    const [session, reference] = [await sessionOn(backend, options), await oracle(options)];
    // Every thousand of another brightness, so that none can stand for another.
    const images = valuesOf(2345, 5).map((value, index) => value * (1 + Math.floor(index / 50_000)));
    const want = await reference.evaluate(Float64Array.from(images));
    expectClose([await session.evaluate(images)], [want], TOLERANCE, "loss");
    session.dispose();
  });

  it("goes on from the parameters it is given", async () => {
    const parameters = initialParameters(layerSizes, 9);
    const [session, reference] = [
      await sessionOn(backend, { optimizer: sgd }),
      await oracle({ optimizer: sgd, parameters }),
    ];
    session.setParameters(parameters);
    expectSame(session.parameters(), parameters, "parameters");
    const batch = valuesOf(3, 6);
    const { loss } = await session.step(batch);
    expectClose([loss], [(await reference.step(Float64Array.from(batch))).loss], TOLERANCE, "loss");
    expectClose(session.parameters(), reference.parameters(), TOLERANCE, "after the step");
    session.dispose();
  });

  it.each([sgd, { name: "adam", learningRate: 0.01 } as const])(
    "lets timers run while it steps with %j",
    async (optimizer) => {
      const session = await sessionOn(backend, { optimizer });
      const batch = valuesOf(3, 7);
      for (const call of ["step", "gradient"] as const) {
        let ran = false;
        setImmediate(() => {
          ran = true;
        });
        const start = performance.now();
        while (!ran && performance.now() - start < 1000) await session[call](batch);
        expect(ran, call).toBe(true);
      }
      session.dispose();
    },
  );

  it("pauses between the forward pass and the gradient where the first was long", async () => {
    const session = await sessionOn(backend, { optimizer: sgd });
    let ran = false;
    when("Tanh", backend, () => {
      setImmediate(() => {
        ran = true;
      });
      const start = performance.now();
      while (performance.now() - start < PAUSE_MILLISECONDS) {} // a long pass
    });
    const seen: boolean[] = [];
    when("Sum", backend, () => seen.push(ran)); // the biases' gradient has the first sum
    await session.gradient(valuesOf(3, 7));
    expect(seen).toEqual([true]);
    session.dispose();
  });

  it("frees everything when it is disposed in the middle of a step", async () => {
    const before = tf.memory().numTensors;
    const session = await sessionOn(backend, { optimizer: rp });
    const abs = when("Abs", backend, () => session.dispose());
    // Whether the step comes to another pause depends on time.
    const end = await session.step(valuesOf(3, 8)).then(
      () => "done",
      (error: unknown) => (error instanceof RpBenchError ? error.code : error),
    );
    expect(["done", "DISPOSED"]).toContain(end);
    expect(abs).toHaveBeenCalled();
    await new Promise((resolve) => setImmediate(resolve));
    expect(tf.memory().numTensors).toBe(before);
  });

  it("says what to do where a backend has no memory, and goes on", async () => {
    const memory = "OOM when allocating tensor with shape[100,784,256]";
    const failing = (kernel: string, message = memory) =>
      when(kernel, backend, () => {
        throw new Error(message);
      });
    const options = { optimizer: rp, batchSize: 37 };
    const session = await sessionOn(backend, options, 1);
    const batch = valuesOf(37, 2);
    const { numTensors } = tf.memory();
    const refused = async (call: () => Promise<unknown>, message: string) => {
      await expect(call()).rejects.toMatchObject({ code: "OUT_OF_MEMORY", message });
      expect(tf.memory().numTensors).toBe(numTensors);
    };
    const curvature = "no memory for the curvature of";
    const lower = "lower tensorMegabytes (--tensor-memory) below 1";
    failing("Abs");
    await refused(() => session.step(batch), `${curvature} 26 samples at a time (${memory}); ${lower}`);
    failing("Abs");
    await refused(() => session.curvature(batch), `${curvature} 26 samples at a time (${memory}); ${lower}`);
    const rest = `no memory for a batch's tensors (${memory}); use smaller layers or batches`;
    for (const call of ["step", "gradient", "evaluate"] as const) {
      failing("Tanh");
      await refused(() => session[call](batch), rest);
    }
    failing("Tanh", "no room for maneuvres");
    await expect(session.step(batch)).rejects.toThrow(/^no room for maneuvres$/);
    expect((await session.step(batch)).parametersFinite).toBe(true);

    vi.spyOn(tf.findBackend(backend), "write").mockImplementationOnce(() => {
      throw new RangeError("Array buffer allocation failed");
    });
    await refused(
      () => sessionOn(backend, options),
      "no memory for the session's tensors (Array buffer allocation failed); use smaller layers",
    );
    session.dispose();
  });

  it.each([
    [rp, "sampled"],
    [{ ...rp, curvature: { outputs: 200 } }, "fewer"],
  ])("does not advise a lower bound where even one sample is too much, with %j", async (optimizer, how) => {
    // 8 bytes × 1500 units × 200 outputs and more: 1 MiB holds no sample.
    const layerSizes = [300, 1500, 300];
    const session = await sessionOn(backend, { layerSizes, optimizer, batchSize: 2 }, 1);
    when("Abs", backend, () => {
      throw new Error("Aborted(OOM)");
    });
    const message = `no memory for the curvature of even one sample (Aborted(OOM)); use smaller layers or ${how} outputs (--outputs)`;
    await expect(session.step(valuesOf(2, 3, 300))).rejects.toMatchObject({ code: "OUT_OF_MEMORY", message });
    session.dispose();
  });
});

it("asks wasm for plain products only, which alone its fast kernel takes", async () => {
  const kernel = vi.spyOn(tf.getKernel("BatchMatMul", "wasm"), "kernelFunc");
  const session = await sessionOn("wasm", { optimizer: { ...rp, curvature: { outputs: 4 } } });
  await session.step(valuesOf(3, 4));
  const flags = kernel.mock.calls.map(([{ attrs }]) => [attrs?.transposeA, attrs?.transposeB]);
  expect(flags.length).toBeGreaterThan(10);
  expect(flags.flat()).not.toContain(true);
  session.dispose();
});

it("leaves another session's backend alone while that one's step is half made", async () => {
  const cpu = await createEngine("tfjs", { backend: "cpu" });
  const parameters = initialParameters(layerSizes, 2);
  const idle = await cpu.createSession({ layerSizes, optimizer: sgd, parameters });
  const session = await sessionOn("wasm", { optimizer: rp });
  const seen: string[] = [];
  let made: ReturnType<typeof cpu.createSession> | null = null;
  when("Abs", "wasm", () => {
    idle.setParameters(parameters);
    seen.push(tf.getBackend());
    made = cpu.createSession({ layerSizes, optimizer: sgd, parameters });
    seen.push(tf.getBackend());
  });
  await session.step(valuesOf(3, 4));
  expect(seen).toEqual(["wasm", "wasm"]);
  const other = await (made as ReturnType<typeof cpu.createSession> | null);
  expectSame(other?.parameters() ?? [], parameters, "of the session made meanwhile");
  for (const one of [idle, session, other]) one?.dispose();
});

it.each([
  ["native", { backend: "wasm" }, "backend: goes with the tfjs engine (--engine tfjs), got wasm"],
  [
    "reference",
    { tensorMegabytes: -3 },
    "tensorMegabytes: goes with the tfjs engine (--engine tfjs), got -3",
  ],
  ["tfjs", { threads: -5 }, "threads: goes with the native and wasm engines; tfjs has its own, got -5"],
] as const)("refuses of %s what it would not heed: %j", async (engine, options, message) => {
  await expect(createEngine(engine, options)).rejects.toMatchObject({ code: "CONFIG_INVALID", message });
});
