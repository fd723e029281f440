// Faults of kernels and of what surrounds them, switched in through the interfaces: each must make a check fail.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Apparatus } from "../../src/check/observe.js";
import type { CheckConfig } from "../../src/config/check-schema.js";
import type { Engine } from "../../src/engines/engine.js";
import { createKernelEngine } from "../../src/engines/kernel-engine.js";
import type { Kernels, NetworkKernels, NetworkShape } from "../../src/kernels/kernels.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import type { FloatArray } from "../../src/model/architecture.js";
import { copyPackage } from "./package-copy.js";

export interface Fault {
  name: string;
  /** Labels of optimizers whose losses must show it; null: the times must. */
  shownBy: string[] | null;
  /** Of a fault of the C++ sources: where it is put, and what stands there. */
  source?: { path: string; text: string };
  apparatus(sound: Apparatus): Apparatus | Promise<Apparatus>;
}

type Change = (network: NetworkKernels, shape: NetworkShape) => Partial<NetworkKernels>;

/** A fault of one kernel. */
function inKernels(name: string, shownBy: string[] | null, change: Change): Fault {
  return {
    ...{ name, shownBy },
    apparatus: (sound) => ({
      ...sound,
      engine: async (threads) => createKernelEngine(changed(loadNativeKernels({ threads }), change)),
    }),
  };
}

function changed(kernels: Kernels, change: Change): Kernels {
  return {
    ...kernels,
    createNetwork(shape, precision) {
      const network = kernels.createNetwork(shape, precision);
      return { ...network, ...change(network, shape) };
    },
  };
}

/** A fault of the C++ sources: built with one piece of them replaced. */
function inSources(name: string, shownBy: string[], file: string, before: string, after: string): Fault {
  const source = { path: join("native", "simd", file), text: before };
  return {
    ...{ name, shownBy, source },
    apparatus: (sound) => {
      const copy = copyPackage();
      const path = join(copy, source.path);
      const text = readFileSync(path, "utf8");
      if (text.split(before).length !== 2) throw new Error(`${file} has "${before}" not once`);
      writeFileSync(path, text.replace(before, after));
      execFileSync(process.execPath, [join(copy, "scripts", "build-native.js")], { cwd: copy });
      const engine = async (threads?: number): Promise<Engine> => {
        process.env.RP_BENCH_ADDON = join(copy, "native", "build", "rp_bench.node");
        try {
          return createKernelEngine(loadNativeKernels({ threads }));
        } finally {
          delete process.env.RP_BENCH_ADDON;
        }
      };
      return { ...sound, engine };
    },
  };
}

/** First and past-the-end parameter of a layer's weights. */
function weightsOf({ layerSizes }: NetworkShape, layer: number): [number, number] {
  let first = 0;
  for (let l = 0; l < layer; l++) first += (layerSizes[l] + 1) * layerSizes[l + 1];
  return [first, first + layerSizes[layer] * layerSizes[layer + 1]];
}

/** A copy of the parameters, a layer's weights read column by column. */
function transposed(parameters: FloatArray, shape: NetworkShape, layer: number): FloatArray {
  const copy = parameters.slice();
  const [first] = weightsOf(shape, layer);
  const [inputs, outputs] = [shape.layerSizes[layer], shape.layerSizes[layer + 1]];
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) copy[first + o * inputs + i] = parameters[first + i * outputs + o];
  }
  return copy;
}

/** The first 16 bits of a float32. */
function bfloat16(values: FloatArray): FloatArray {
  const copy = values.slice();
  const bits = new Uint32Array(copy.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] &= 0xffff0000;
  return copy;
}

const RP = ["rp"];
const SAMPLED = ["rp-sampled32"];
const AVERAGED = ["rp-sampled32-momentum"];

export const FAULTS: Fault[] = [
  inKernels("the sign of one layer's gradient is flipped", ["sgd"], (network, shape) => ({
    gradient(parameters, inputs, rows, gradient) {
      network.gradient(parameters, inputs, rows, gradient);
      for (let [i, end] = weightsOf(shape, 2); i < end; i++) gradient[i] = -gradient[i];
    },
  })),
  inKernels("λ is off by 5 %", RP, (network) => ({
    residualPartitioning: (parameters, gradient, curvature, rate, ...rest) =>
      network.residualPartitioning(parameters, gradient, curvature, 1.05 * rate, ...rest),
  })),
  inSources("the biases are left out of R", RP, "curvature-sample.h", "double sum = 1;", "double sum = 0;"),
  inSources("L'' is 1 instead of 2", RP, "objective.h", "return 2.f;", "return 1.f;"),
  inSources(
    "half of each panel is left out of a column sum",
    RP,
    "curvature-sample.h",
    "const V c0 = load(c), c1 = load(c + kLanes);\n  for",
    "const V c0 = load(c), c1 = splat(0);\n  for",
  ),
  inSources("tanh's derivative is 1 − |a|", ["sgd"], "activation.h", "fma(-a, a, 1.f)", "1.f - abs(a)"),
  inKernels("a layer's weights are transposed", ["sgd"], (network, shape) => ({
    forward: (parameters, inputs, rows) => network.forward(transposed(parameters, shape, 1), inputs, rows),
  })),
  inKernels("one layer's δ is that of the step before", ["sgd"], (network, shape) => {
    let stale: FloatArray | null = null;
    return {
      gradient(parameters, inputs, rows, gradient) {
        network.gradient(parameters, inputs, rows, gradient);
        const [first, end] = weightsOf(shape, 1);
        const fresh = gradient.slice(first, end);
        if (stale) gradient.set(stale, first);
        stale = fresh;
      },
    };
  }),
  inKernels("Adam has no bias correction", ["adam"], (network) => ({
    adam: (parameters, gradient, state, constants) =>
      network.adam(parameters, gradient, state, { ...constants, step: 1e9 }),
  })),
  inKernels("Adam's ε is 1e-6 instead of 1e-8", ["adam"], (network) => ({
    adam: (parameters, gradient, state, constants) =>
      network.adam(parameters, gradient, state, { ...constants, epsilon: 1e-6 }),
  })),
  {
    name: "the order of batches is another",
    shownBy: ["sgd"],
    apparatus: (sound) => ({
      ...sound,
      splits: { ...sound.splits, train: reversed(sound.splits.train) },
    }),
  },
  inKernels("momentum is left out", ["sgd-momentum"], (network) => ({
    sgd: (parameters, gradient, rate) =>
      network.sgd(parameters, gradient, rate, { buffer: null, coefficient: 0, nesterov: false }),
  })),
  inKernels("Nesterov's form is not taken", AVERAGED, (network) => ({
    residualPartitioning: (parameters, gradient, curvature, rate, momentum, ...rest) =>
      network.residualPartitioning(
        parameters,
        gradient,
        curvature,
        rate,
        { ...momentum, nesterov: false },
        ...rest,
      ),
  })),
  inKernels("the moving average of the curvature is left out", AVERAGED, (network) => ({
    residualPartitioning: (parameters, gradient, curvature, rate, momentum, { safeguard }, exponent) =>
      network.residualPartitioning(
        parameters,
        gradient,
        curvature,
        rate,
        momentum,
        { buffer: null, decay: 0, safeguard },
        exponent,
      ),
  })),
  inKernels("sampled hidden layers are not scaled by K/m", SAMPLED, (network, shape) => ({
    curvature(parameters, inputs, rows, first, last, outputs, curvature) {
      network.curvature(parameters, inputs, rows, first, last, outputs, curvature);
      if (!outputs || last < rows) return;
      const [end] = weightsOf(shape, shape.layerSizes.length - 2);
      const share = outputs.length / (shape.layerSizes.at(-1) ?? 1);
      for (let i = 0; i < end; i++) curvature[i] *= share;
    },
  })),
  inKernels("the last four images of a batch are left out", ["sgd"], (network, { layerSizes: [size] }) => ({
    loss: (targets, rows) => network.loss(targets.subarray(0, (rows - 4) * size), rows - 4),
    gradient: (parameters, inputs, rows, gradient) =>
      network.gradient(parameters, inputs.subarray(0, (rows - 4) * size), rows - 4, gradient),
  })),
  inKernels("the forward pass computes in bfloat16", ["sgd"], (network) => ({
    forward: (parameters, inputs, rows) => network.forward(bfloat16(parameters), inputs, rows),
  })),
  inKernels("the gradient is rounded to bfloat16", ["sgd"], (network) => ({
    gradient(parameters, inputs, rows, gradient) {
      network.gradient(parameters, inputs, rows, gradient);
      gradient.set(bfloat16(gradient));
    },
  })),
  inKernels("the curvature is rounded to bfloat16", RP, (network) => ({
    curvature(...all) {
      network.curvature(...all);
      const curvature = all[6];
      curvature.set(bfloat16(curvature));
    },
  })),
  inKernels("the last bias gets no gradient", ["sgd"], (network) => ({
    gradient(parameters, inputs, rows, gradient) {
      network.gradient(parameters, inputs, rows, gradient);
      gradient[gradient.length - 1] = 0;
    },
  })),
  inKernels("the last hidden bias of the first layer gets no gradient", ["adam"], (network, shape) => ({
    gradient(parameters, inputs, rows, gradient) {
      network.gradient(parameters, inputs, rows, gradient);
      gradient[weightsOf(shape, 1)[0] - 1] = 0;
    },
  })),
  inKernels(
    "the last 16 biases of the first layer have twice their sampled h",
    SAMPLED,
    (network, shape) => ({
      curvature(...all) {
        network.curvature(...all);
        const [curvature, end] = [all[6], weightsOf(shape, 1)[0]];
        for (let i = end - 16; i < end; i++) curvature[i] *= 2;
      },
    }),
  ),
  inKernels("a parameter becomes NaN", ["adam"], (network) => ({
    adam(parameters, gradient, state, constants) {
      const finite = network.adam(parameters, gradient, state, constants);
      if (constants.step === 60) parameters[parameters.length - 1] = Number.NaN;
      return finite;
    },
  })),
  inKernels("the curvature kernel takes 1.5 × as long", null, (network) => ({
    curvature(...all) {
      const start = performance.now();
      network.curvature(...all);
      const end = performance.now() + 0.5 * (performance.now() - start);
      while (performance.now() < end);
    },
  })),
];

function reversed({ count, size, pixels }: Apparatus["splits"]["train"]) {
  const other = new Uint8Array(count * size);
  for (let i = 0; i < count; i++)
    other.set(pixels.subarray(i * size, (i + 1) * size), (count - 1 - i) * size);
  return { count, size, pixels: other };
}

/** What of a check, of its own network, a fault must show in, so that it is looked for quickly. */
export function partFor({ shownBy }: Fault, config: CheckConfig): CheckConfig {
  const alone = { ...config, networks: [], ends: null };
  if (!shownBy) return { ...alone, losses: { ...config.losses, seeds: [1], steps: [1] } };
  const optimizers = config.losses.optimizers.filter(({ label }) => shownBy.includes(label));
  return { ...alone, losses: { ...config.losses, seeds: [1], optimizers }, times: null };
}
