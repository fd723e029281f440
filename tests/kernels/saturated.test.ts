// The curvature where many units are saturated, so that f' is exactly 0 in float32: from a quarter of them on the kernels
// leave such units out, and where there are more than 128 outputs they gather the weights of the others with f' folded in.
//
// Weights and inputs have few digits, so that the first layer's sums are exact in float32 and the others err by some 1e-6.
// Each element is compared by its own size: beside the largest, a unit that is all but saturated would not be seen. In
// float32 f' = 1 - a² is known to 1e-7, hence what is added for elements that are small.

import { expect, it } from "vitest";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { createReferenceKernels, createReferenceNetwork } from "../../src/kernels/reference.js";
import { loadWasmKernels } from "../../src/kernels/wasm-file.js";
import { type Activation, layoutOf, parameterCount } from "../../src/model/architecture.js";
import { expectSame } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const ROWS = 5;
const shapes = [
  [200, 30, 35, 200],
  [133, 43, 61, 31, 133],
  [45, 33, 21, 45], // too few outputs for f' to be folded into the weights
];
/** Of z in a layer that saturates: its spread and its mean. A sigmoid is flat in float32 only where z is above 17. */
const spreads = { tanh: [15, 0], sigmoid: [30, 16] } as const;
/** Of f' that is small but not 0. */
const ALMOST = [1e-5, 1e-3] as const;

const rounded = (value: number, steps: number) => Math.round(value * steps) / steps;

/** Parameters with which the layers that are named saturate, and the others do not. */
function parametersOf(layerSizes: number[], activation: Activation, saturated: readonly number[]) {
  const parameters = new Float64Array(parameterCount(layerSizes));
  const [spread, mean] = activation === "relu" ? [1, 0] : spreads[activation];
  for (const [l, { inputs, outputs, weights, biases }] of layoutOf(layerSizes).entries()) {
    const wanted = saturated.includes(l);
    const width = (wanted ? spread : 1) * Math.sqrt(9 / inputs); // of uniform inputs in 0..1 and weights in ±width
    randomValues(inputs * outputs, 10 + l, -width, width).forEach((value, i) => {
      parameters[weights + i] = rounded(value, 64);
    });
    parameters.fill(wanted ? mean : 0, biases, biases + outputs);
  }
  return parameters;
}

for (const activation of ["tanh", "sigmoid"] as const) {
  for (const layerSizes of shapes) {
    const hidden = layerSizes.slice(1, -1).map((_, l) => l);
    for (const saturated of [hidden, [0], [hidden.length - 1]]) {
      it(`${layerSizes.join("-")} ${activation}, layers ${saturated.join(" and ")} saturated`, () => {
        const shape = { layerSizes, activation, rows: ROWS, ...squaredError };
        const w = parametersOf(layerSizes, activation, saturated);
        const batch = randomValues(ROWS * layerSizes[0], 2, 0, 1).map((value) => rounded(value, 32));
        expectSaturated(shape, w, batch, saturated);

        const K = layerSizes[0];
        const samples = [131, 33].filter((m) => m < K).map((m) => sampleOf(K, m));
        for (const sample of [null, ...samples]) {
          const computed = (kernels: ReturnType<typeof createReferenceKernels>, single: boolean) => {
            const cast = (values: Float64Array) => (single ? Float32Array.from(values) : values.slice());
            const [parameters, inputs, h] = [cast(w), cast(batch), cast(new Float64Array(w.length))];
            const network = kernels.createNetwork(shape, single ? "single" : "double");
            network.forward(parameters, inputs, ROWS);
            network.curvature(parameters, inputs, ROWS, 0, ROWS, sample, h);
            network.dispose();
            return h;
          };
          const expected = computed(createReferenceKernels(), false);
          const what = sample ? `${sample.length} outputs` : "all outputs";
          const found = computed(loadNativeKernels({ threads: 1 }), true);
          for (const values of [found, computed(loadWasmKernels({ threads: 1 }), true)]) {
            for (const [l, { weights, biases, outputs }] of layoutOf(layerSizes).entries()) {
              const part = (all: ArrayLike<number>) => Array.from(all).slice(weights, biases + outputs);
              expectNear(part(values), part(expected), `${what}: layer ${l}`);
            }
          }
          expectSame(computed(loadNativeKernels({ threads: 3 }), true), found, `${what}, three threads`);
        }
      });
    }
  }
}

/** Ascending, some in a row and some not. */
function sampleOf(outputs: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, n) => Math.floor((n * outputs) / count));
}

/** That the layers are what this file speaks of, or it would show nothing. */
function expectSaturated(
  shape: Parameters<typeof createReferenceNetwork>[0],
  w: Float64Array,
  batch: Float64Array,
  saturated: readonly number[],
): void {
  const network = createReferenceNetwork(shape, "single");
  network.forward(Float32Array.from(w), Float32Array.from(batch), ROWS);
  for (const [l, derivatives] of network.buffers.derivatives.slice(0, -1).entries()) {
    const units = shape.layerSizes[l + 1];
    let almost = 0;
    for (let s = 0; s < ROWS; s++) {
      const slopes = Array.from(derivatives.subarray(s * units, (s + 1) * units));
      const inactive = slopes.filter((slope) => slope === 0).length;
      if (saturated.includes(l)) expect(inactive, `layer ${l}, sample ${s}`).toBeGreaterThan(units / 4);
      else expect(inactive, `layer ${l}, sample ${s}`).toBe(0);
      expect(inactive).toBeLessThan(units);
      almost += slopes.filter((slope) => slope > ALMOST[0] && slope < ALMOST[1]).length;
    }
    if (saturated.includes(l)) expect(almost, `layer ${l}`).toBeGreaterThan(0);
  }
}

function expectNear(found: number[], expected: number[], what: string): void {
  const most = expected.reduce((largest, value) => Math.max(largest, value), 0);
  expect(most, `${what}: nothing to compare`).toBeGreaterThan(0);
  let worst = 0;
  const error = (i: number) => Math.abs(found[i] - expected[i]) / (1e-4 * expected[i] + 1e-6 * most);
  for (let i = 1; i < expected.length; i++) if (!(error(i) <= error(worst))) worst = i;
  expect(
    error(worst),
    `${what}: element ${worst} is ${found[worst]}, not ${expected[worst]}`,
  ).toBeLessThanOrEqual(1);
}
