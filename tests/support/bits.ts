// What native/bits.cc does, over the add-on: the same shapes, numbers and lines. And the same of whole sessions.

import { BatchSource } from "../../src/data/batches.js";
import type { Engine } from "../../src/engines/engine.js";
import type { Kernels } from "../../src/kernels/kernels.js";
import { ACTIVATIONS, type Activation, layoutOf, parameterCount } from "../../src/model/architecture.js";
import { initialParameters } from "../../src/model/initialization.js";
import type { CurvatureBound } from "../../src/model/objective.js";
import type { StateFactory } from "../../src/optimizers/optimizer.js";
import { createOptimizer, type OptimizerOptions, optimizerSchema } from "../../src/optimizers/registry.js";

const momentum = 0.9;
const sampled = { outputs: 1 }; // which ones is said below
/** An optimizer, and the objective where it is not the mean squared error. */
type Case = OptimizerOptions | { optimizer: OptimizerOptions; curvatureBound: CurvatureBound };
const rp = { name: "rp", learningRate: 2 } as const;
const CASES: Record<string, Case> = {
  sgd: { name: "sgd", learningRate: 0.1 },
  "sgd momentum": { name: "sgd", learningRate: 0.02, momentum },
  "sgd nesterov": { name: "sgd", learningRate: 0.02, momentum, nesterov: true },
  adam: { name: "adam", learningRate: 0.01 },
  rp: { name: "rp", learningRate: 2 },
  "rp sampled": { name: "rp", learningRate: 2, curvature: sampled },
  "rp averaged": { name: "rp", learningRate: 2, curvature: sampled, curvatureDecay: 0.9 },
  "rp momentum": { name: "rp", learningRate: 2, momentum },
  "rp averaged nesterov": {
    ...{ name: "rp", learningRate: 2, curvature: sampled, curvatureDecay: 0.9, momentum, nesterov: true },
  },
  "rp safeguard exponent": {
    ...{ ...rp, curvature: sampled, curvatureDecay: 0.9, momentum, safeguard: true, exponent: 0.6 },
  },
  "rp auto": { name: "rp", learningRate: "auto", curvature: sampled, curvatureDecay: 0.9 },
  "adam cross-entropy": {
    ...{ optimizer: { name: "adam", learningRate: 0.01 }, curvatureBound: "jaakkola-jordan" },
  },
  "rp jaakkola-jordan": { optimizer: rp, curvatureBound: "jaakkola-jordan" },
  "rp exact": { optimizer: { ...rp, learningRate: 0.2, curvature: sampled }, curvatureBound: "exact" },
  "rp boehning": { optimizer: { ...rp, curvature: sampled }, curvatureBound: "boehning" },
  "rp auto jaakkola-jordan": {
    optimizer: { name: "rp", learningRate: "auto", curvature: sampled, exponent: 0.6 },
    curvatureBound: "jaakkola-jordan",
  },
};

interface Shape {
  sizes: number[];
  rows: number;
  steps: number;
}
const SHAPES: Shape[] = [
  { sizes: [7, 1, 7], rows: 5, steps: 50 },
  { sizes: [19, 19], rows: 1, steps: 50 },
  { sizes: [65, 50, 43, 30, 65], rows: 9, steps: 50 },
  { sizes: [33, 65, 9, 33], rows: 23, steps: 50 },
  { sizes: [203, 37, 21, 65, 203], rows: 3, steps: 50 },
  { sizes: [784, 256, 64, 256, 784], rows: 5, steps: 2 },
];

/** The text of tests/fixtures/bits/, by these kernels. */
export function trainingBits(kernels: Kernels): string {
  const lines = SHAPES.flatMap((shape) =>
    ACTIVATIONS.flatMap((activation) =>
      Object.entries(CASES).map(
        ([label, one]) =>
          `${shape.sizes.join("-")}, ${activation}, ${label}: ${trained(kernels, shape, activation, one)}\n`,
      ),
    ),
  );
  return lines.join("");
}

function trained(kernels: Kernels, { sizes, rows, steps }: Shape, activation: Activation, one: Case): string {
  const { optimizer: raw, curvatureBound } =
    "optimizer" in one ? one : { optimizer: one, curvatureBound: null };
  const batches = Array.from({ length: 4 }, () => new Float32Array(rows * sizes[0]));
  const random = generator(2);
  for (const batch of batches)
    batch.forEach((_, i) => {
      batch[i] = random();
    });
  const parameters = initial(sizes);
  const state: StateFactory = (of = "parameters") =>
    new Float32Array(of === "outputs" ? rows * sizes[0] : parameters.length);
  const [gradient, curvature] = [state(), state()];
  const options = optimizerSchema.parse(raw);
  const optimizer = createOptimizer(options, state);
  const samples = options.name === "rp" && options.curvature !== "exact";
  const network = kernels.createNetwork(
    {
      ...{ layerSizes: sizes, activation, rows },
      loss: curvatureBound ? "cross-entropy" : "mse",
      curvatureBound: curvatureBound ?? "jaakkola-jordan",
    },
    "single",
  );
  const losses = new Float64Array(steps);
  for (let step = 0; step < steps; step++) {
    const batch = batches[step % batches.length];
    network.forward(parameters, batch, rows);
    losses[step] = network.loss(batch, rows);
    network.gradient(parameters, batch, rows, gradient);
    if (optimizer.needsCurvature) {
      const outputs = samples ? sampleOf(sizes[0], step) : null;
      network.curvature(parameters, batch, rows, 0, rows, outputs, curvature);
    }
    optimizer.update({
      ...{ kernels: network, parameters, gradient, curvature, inputs: batch, rows },
      step: step + 1,
    });
  }
  network.dispose();
  if (!parameters.every(Number.isFinite)) throw new Error(`${sizes} ${activation} ${raw.name} diverged`);
  return `losses ${hash(losses)}, parameters ${hash(parameters)}`;
}

/** Every third output, beginning at another one each step. */
function sampleOf(outputs: number, step: number): Int32Array {
  const first = step % 3;
  return Int32Array.from({ length: Math.ceil((outputs - first) / 3) }, (_, n) => first + 3 * n);
}

function initial(sizes: readonly number[]): Float32Array {
  const random = generator(1);
  const parameters = new Float32Array(parameterCount(sizes));
  for (const { inputs, outputs, weights, biases } of layoutOf(sizes)) {
    const limit = Math.sqrt(6 / (inputs + outputs));
    for (let i = weights; i < biases + outputs; i++) parameters[i] = limit * (2 * random() - 1);
  }
  return parameters;
}

/** Values in 0..1 of 24 bits. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 16777216;
  };
}

/** Initialization, batch order, sampling of outputs, steps and evaluation from one seed, of the sessions of an engine. */
export async function sessionBits(engine: Engine): Promise<string> {
  const layerSizes = [100, 37, 19, 37, 100];
  const [size, count, batchSize, seed, steps] = [100, 230, 50, 3, 50];
  const random = generator(3);
  const images = { size, count, pixels: Uint8Array.from({ length: size * count }, () => 256 * random()) };
  const parameters = initialParameters(layerSizes, seed);
  const lines = [`initialization: ${hash(parameters)}\n`];
  for (const [label, optimizer] of Object.entries(SESSIONS)) {
    const session = await engine.createSession({ layerSizes, optimizer, parameters, batchSize, seed });
    const batches = new BatchSource(images, batchSize, seed);
    const losses = new Float64Array(steps + 1);
    for (let step = 0; step < steps; step++) losses[step] = (await session.step(batches.at(step))).loss;
    losses[steps] = await session.evaluate(Float32Array.from(images.pixels, (byte) => byte / 255));
    lines.push(`${label}: losses ${hash(losses)}, parameters ${hash(session.parameters())}\n`);
    session.dispose();
  }
  return lines.join("");
}
const SESSIONS: Record<string, OptimizerOptions> = {
  sgd: { name: "sgd", learningRate: 0.1, momentum },
  adam: { name: "adam", learningRate: 0.01 },
  rp,
  "rp, auto": { name: "rp", learningRate: "auto" },
  "rp, 7 sampled outputs": {
    ...{
      name: "rp",
      learningRate: 2,
      curvature: { outputs: 7 },
      curvatureDecay: 0.9,
      momentum,
      nesterov: true,
    },
  },
};

/** FNV-1a over bytes, as eight hexadecimal digits. */
export function hash({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  let value = 2166136261;
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength))
    value = Math.imul(value ^ byte, 16777619);
  return (value >>> 0).toString(16).padStart(8, "0");
}
