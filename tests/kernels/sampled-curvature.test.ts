// Curvature from a sample of the outputs: against its definition over an explicit Jacobian, in float64; unbiased over
// all subsets in the hidden layers; exact for m = K; native against reference.

import { describe, expect, it } from "vitest";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { loadWasmKernels } from "../../src/kernels/wasm-file.js";
import { type Activation, layoutOf, parameterCount } from "../../src/model/architecture.js";
import { CURVATURE_BOUNDS } from "../../src/model/objective.js";
import * as oracle from "../support/brute-force.js";
import { expectClose, expectSame } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const ROWS = 3;
const networks = [
  [4, 4],
  [5, 3, 5],
  [6, 5, 3, 6],
  [5, 7, 2, 3, 5],
];
const activations: Activation[] = ["tanh", "relu", "sigmoid"];

function subsets(count: number): number[][] {
  return Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_, k) => k).filter((k) => bits & (1 << k)),
  ).filter((subset) => subset.length > 0);
}

/** The estimate as DESIGN defines it, from Jacobian rows alone. */
function estimate(net: oracle.Net, w: Float64Array, batch: Float64Array, sample: number[]): Float64Array {
  const layers = layoutOf(net.layerSizes);
  const last = layers.length - 1;
  const K = layers[last].outputs;
  const J = oracle.jacobian(net, w, batch).map((row) => row.map(Math.abs));
  const sumOf = (row: Float64Array, l: number) => {
    const { weights, biases, outputs } = layers[l];
    return row.subarray(weights, biases + outputs).reduce((sum, value) => sum + value, 0);
  };
  const y = oracle.outputs(net, w, batch);
  const h = new Float64Array(w.length);
  for (let b = 0; b < batch.length / K; b++) {
    const rows = Array.from({ length: K }, (_, k) => J[b * K + k]);
    const own = rows.map((row) => sumOf(row, last)); // ‖a_{L−1}‖₁ + 1
    const T = rows.map((row) => (last > 0 ? sumOf(row, last - 1) : 0));
    const R = rows.map((row) => row.reduce((sum, value) => sum + value, 0));
    const sumT = sample.reduce((sum, k) => sum + T[k], 0);
    const c = sumT === 0 ? 0 : sample.reduce((sum, k) => sum + R[k] - own[k], 0) / sumT;
    rows.forEach((row, k) => {
      const sampled = sample.includes(k);
      const residual = sampled ? R[k] : own[k] + c * T[k];
      for (let i = 0; i < h.length; i++) {
        const output = i >= layers[last].weights;
        const weight = oracle.secondOf(net, y[b * K + k]) / batch.length;
        if (output) h[i] += weight * row[i] * residual;
        else if (sampled) h[i] += (K / sample.length) * weight * row[i] * R[k];
      }
    });
  }
  return h;
}

function computed(
  kernels: ReturnType<typeof createReferenceKernels>,
  precision: "single" | "double",
  net: oracle.Net,
  w: Float64Array,
  batch: Float64Array,
  sample: number[] | null,
  slices?: number[],
) {
  const rows = batch.length / net.layerSizes[0];
  const network = kernels.createNetwork({ ...squaredError, ...net, rows }, precision);
  const cast = (values: Float64Array) =>
    precision === "double" ? values.slice() : Float32Array.from(values);
  const [parameters, inputs, curvature] = [cast(w), cast(batch), cast(new Float64Array(w.length))];
  network.forward(parameters, inputs, rows);
  let first = 0;
  for (const end of slices ?? [rows]) {
    network.curvature(parameters, inputs, rows, first, end, sample && Int32Array.from(sample), curvature);
    first = end;
  }
  network.dispose();
  return curvature;
}

const crossEntropies = CURVATURE_BOUNDS.map((curvatureBound) => {
  return { loss: "cross-entropy" as const, curvatureBound };
});
const objectives: Pick<oracle.Net, "loss" | "curvatureBound">[] = [squaredError, ...crossEntropies];

for (const activation of activations) {
  for (const [layerSizes, objective] of networks.flatMap((sizes) =>
    // The other losses differ in a weight of each output: one network shows it.
    (sizes.length === 4 ? objectives : [squaredError]).map((one) => [sizes, one] as const),
  )) {
    const net = { layerSizes, activation, ...objective };
    const w = randomValues(oracle.countParameters(net), 7, -1.2, 1.2);
    const batch = randomValues(ROWS * layerSizes[0], 6, 0, 1);
    const K = layerSizes[0];
    const reference = createReferenceKernels();

    describe(`${layerSizes.join("-")} ${activation} ${objective.loss} ${objective.curvatureBound}`, () => {
      it("is the estimate's definition, for every subset", () => {
        for (const sample of subsets(K)) {
          const expected = estimate(net, w, batch, sample);
          expectClose(
            computed(reference, "double", net, w, batch, sample),
            expected,
            1e-10,
            `sample ${sample}`,
          );
        }
      });

      it("is unbiased in the hidden layers: the mean over all subsets of a size is exact", () => {
        const exact = computed(reference, "double", net, w, batch, null);
        const hidden = layoutOf(layerSizes)[layerSizes.length - 2].weights;
        if (hidden === 0) return; // no hidden layer
        for (let m = 1; m < K; m++) {
          const samples = subsets(K).filter(({ length }) => length === m);
          const mean = new Float64Array(w.length);
          for (const sample of samples) {
            computed(reference, "double", net, w, batch, sample).forEach((value, i) => {
              mean[i] += value / samples.length;
            });
          }
          expectClose(mean.subarray(0, hidden), exact.subarray(0, hidden), 1e-10, `m = ${m}`);
        }
      });

      it("is exact, bit for bit, from all outputs; and everywhere with at most one hidden layer in the output's", () => {
        const all = Array.from({ length: K }, (_, k) => k);
        for (const [kernels, precision] of [
          [reference, "double"],
          [reference, "single"],
          [loadNativeKernels({ threads: 2 }), "single"],
          [loadWasmKernels({ threads: 1 }), "single"],
        ] as const) {
          const exact = computed(kernels, precision, net, w, batch, null);
          expectSame(computed(kernels, precision, net, w, batch, all), exact, "m = K");
          if (layerSizes.length > 3) continue;
          // With one hidden layer R = own + T, so the ratio is 1; with none R = own.
          const output = layoutOf(layerSizes)[layerSizes.length - 2].weights;
          const sampled = computed(kernels, precision, net, w, batch, [1]);
          const tolerance = precision === "double" ? 1e-12 : 1e-5;
          expectClose(sampled.subarray(output), exact.subarray(output), tolerance, "output layer");
        }
      });
    });
  }
}

describe("native against reference", () => {
  // Tolerance as in native.test.ts.
  const shapes = [
    [19, 19],
    [50, 40, 50],
    [33, 17, 9, 33],
    [65, 50, 43, 30, 65],
    [70, 16, 8, 32, 5, 70],
    [203, 30, 20, 203],
  ];
  for (const layerSizes of shapes) {
    it.each(activations)(`${layerSizes.join("-")} %s`, (activation) => {
      const net = { layerSizes, activation };
      const K = layerSizes[0];
      const w = Float64Array.from(Float32Array.from(randomValues(parameterCount(layerSizes), 1, -0.3, 0.3)));
      const batch = Float64Array.from(Float32Array.from(randomValues(7 * K, 2, 0, 1)));
      for (const m of [1, 2, 15, 16, 17, 18, 150, K - 1, K].filter((count) => count <= K)) {
        const sample = Array.from({ length: m }, (_, n) => Math.floor((n * K) / m));
        const expected = computed(createReferenceKernels(), "double", net, w, batch, sample);
        const native = computed(loadNativeKernels({ threads: 1 }), "single", net, w, batch, sample);
        expectClose(native, expected, 2e-5, `m = ${m}`);
        const wasm = computed(loadWasmKernels({ threads: 1 }), "single", net, w, batch, sample);
        expectClose(wasm, expected, 2e-5, `m = ${m}, WebAssembly`);
        for (const threads of [2, 3]) {
          const sliced = computed(loadNativeKernels({ threads }), "single", net, w, batch, sample, [1, 5, 7]);
          expectSame(sliced, native, `m = ${m}, ${threads} threads, in slices`);
        }
      }
    });
  }
});

it("has a ratio of 0 where no hidden unit of the sample is active", () => {
  const net = { layerSizes: [3, 2, 2, 3], activation: "relu" as const };
  const w = randomValues(oracle.countParameters(net), 3, -1, -0.1); // every pre-activation below 0
  const batch = randomValues(6, 4, 0.1, 1);
  const expected = estimate(net, w, batch, [1]);
  expectClose(computed(createReferenceKernels(), "double", net, w, batch, [1]), expected, 1e-12, "reference");
  expectClose(
    computed(loadNativeKernels({ threads: 1 }), "single", net, w, batch, [1]),
    expected,
    1e-6,
    "native",
  );
  expect(expected.subarray(0, 8).every((value) => value === 0)).toBe(true);
});
