// The compiled kernels, those of WebAssembly among them, against the reference ones in float64, over odd shapes; bitwise equality over thread counts and over
// instruction sets with a fused multiply-add.
//
// Tolerance: a float32 sum of n products errs by at most n u of the sum of their magnitudes, u = 6e-8, and by about
// √n u for random signs. The longest sums here have 203 terms and pass through at most 6 layers, so errors of some
// 1e-6 of the largest value are expected; 2e-5 leaves room for cancellation. A wrong kernel errs by 1e-2 and more.

import { afterEach, describe, expect, it, vi } from "vitest";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { ACTIVATIONS, type FloatArray, layoutOf, parameterCount } from "../../src/model/architecture.js";
import { expectClose, expectSame } from "../support/compare.js";
import { instructionSetsHere, isFused, loadKernels, SIMD128 } from "../support/instruction-sets.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const TOLERANCE = 2e-5;
const shapes = [
  [1, 1],
  [19, 19],
  [3, 1, 3],
  [50, 40, 50],
  [33, 17, 9, 33],
  [65, 50, 43, 30, 65],
  [65, 1, 65, 1, 65],
  [1, 65, 1],
  [203, 45, 37, 129, 203],
  [30, 16, 8, 32, 5, 30],
];
const rowCounts = [1, 2, 3, 5, 16, 23];
const instructionSets = instructionSetsHere();
const fused = instructionSets.filter(isFused);
/** A thread of WebAssembly is a worker, which takes its time to start: those have a test of their own. */
const threadCounts = (set: string) => (set === SIMD128 ? [1] : [1, 2, 3]);

afterEach(() => vi.unstubAllEnvs());

const load = loadKernels;

function evaluate(
  kernels: ReturnType<typeof createReferenceKernels>,
  precision: "single" | "double",
  shape: number[],
  activation: (typeof ACTIVATIONS)[number],
  rows: number,
  slices = [rows],
  capacity = rows,
  outputs: Int32Array | null = null,
) {
  const cast = (values: Float64Array): FloatArray =>
    precision === "double" ? Float64Array.from(Float32Array.from(values)) : Float32Array.from(values);
  const network = kernels.createNetwork(
    { layerSizes: shape, activation, rows: capacity, ...squaredError },
    precision,
  );
  const width = Math.sqrt(6 / Math.max(...shape));
  const parameters = cast(randomValues(parameterCount(shape), 1, -width, width));
  const inputs = cast(randomValues(rows * shape[0], 2, -0.5, 1));
  const gradient = cast(new Float64Array(parameters.length));
  const curvature = gradient.slice();
  if (capacity > rows) {
    // Leave other values in every buffer, rows beyond the batch included.
    const other = cast(randomValues(capacity * shape[0], 3, -1, 1));
    network.forward(parameters, other, capacity);
    network.loss(other, capacity);
    network.gradient(parameters, other, capacity, gradient);
    network.curvature(parameters, other, capacity, 0, capacity, null, curvature);
  }
  network.forward(parameters, inputs, rows);
  const loss = network.loss(inputs, rows);
  network.gradient(parameters, inputs, rows, gradient);
  let first = 0;
  for (const last of slices) {
    network.curvature(parameters, inputs, rows, first, last, outputs, curvature);
    first = last;
  }
  network.dispose();
  return { loss, gradient, curvature };
}

it("takes one that is here by default, a fused one where there is one, and none that is not here", () => {
  expect(instructionSets).toContain("portable");
  const byDefault = load("", 1).instructionSet;
  expect(fused.length > 0 ? fused : instructionSets).toContain(byDefault);
  expect(load("", 1).instructionSet).toBe(byDefault);
  expect(() => load("sse9", 1)).toThrow("instruction set: this processor or build has no sse9 kernels");
  const absent = ["avx512", "avx2", "neon"].filter((name) => !instructionSets.includes(name));
  expect(absent.length).toBeGreaterThan(0); // no processor has both AVX2 and NEON
  for (const name of absent) {
    expect(() => load(name, 1)).toThrow(`instruction set: this processor or build has no ${name} kernels`);
  }
});

describe.runIf(fused.length > 1)(`the same bits from ${fused.join(" and ")}`, () => {
  it.each(shapes.map((shape) => [shape.join("-"), shape] as const))("%s", (_, shape) => {
    const outputs = shape[0];
    const few = Int32Array.from({ length: Math.ceil(outputs / 3) }, (_, n) => 3 * n);
    for (const activation of ACTIVATIONS) {
      for (const rows of rowCounts) {
        for (const sample of [null, few]) {
          const evaluated = (set: string) =>
            evaluate(load(set, 2), "single", shape, activation, rows, [rows], rows, sample);
          const [one, ...others] = fused.map(evaluated);
          for (const [index, other] of others.entries()) {
            const what = `${activation}, ${rows} rows, ${fused[index + 1]} and ${fused[0]}`;
            expectSame([other.loss], [one.loss], `${what}: loss`);
            expectSame(other.gradient, one.gradient, `${what}: gradient`);
            expectSame(other.curvature, one.curvature, `${what}: curvature`);
          }
        }
      }
    }
  });
});

describe.each(instructionSets)("instruction set '%s'", (instructionSet) => {
  const loadIt = (threads: number) => load(instructionSet, threads);

  it("is the one asked for", () => {
    expect(loadIt(1).instructionSet).toBe(instructionSet);
  });

  for (const shape of shapes) {
    for (const activation of ACTIVATIONS) {
      it(`${shape.join("-")} ${activation} equals the reference`, () => {
        for (const rows of rowCounts) {
          const expected = evaluate(createReferenceKernels(), "double", shape, activation, rows);
          const first = evaluate(loadIt(1), "single", shape, activation, rows, [rows], rows + 5);
          const what = `${rows} rows`;
          expectClose([first.loss], [expected.loss], TOLERANCE, `${what}: loss`);
          // Layer by layer: a deep sigmoid network's first gradient is a thousandth of its last.
          for (const [l, { weights, biases, outputs }] of layoutOf(shape).entries()) {
            const part = (values: FloatArray) => values.subarray(weights, biases + outputs);
            if (part(expected.curvature).every((value) => value === 0)) continue; // no active unit above
            expectClose(
              part(first.gradient),
              part(expected.gradient),
              TOLERANCE,
              `${what}: gradient of layer ${l}`,
            );
            expectClose(
              part(first.curvature),
              part(expected.curvature),
              TOLERANCE,
              `${what}: curvature of layer ${l}`,
            );
          }
          for (const threads of threadCounts(instructionSet)) {
            const again = evaluate(loadIt(threads), "single", shape, activation, rows);
            expectSame([again.loss], [first.loss], `${what}, ${threads} threads: loss`);
            expectSame(again.gradient, first.gradient, `${what}, ${threads} threads: gradient`);
            expectSame(again.curvature, first.curvature, `${what}, ${threads} threads: curvature`);
          }
        }
      });
    }
  }

  it("gives the same curvature however its rows are sliced", () => {
    const shape = [65, 50, 43, 30, 65];
    for (const activation of ACTIVATIONS) {
      const whole = evaluate(loadIt(2), "single", shape, activation, 23);
      for (const slices of [[1, 23], [7, 14, 23], Array.from({ length: 23 }, (_, i) => i + 1)]) {
        const sliced = evaluate(loadIt(2), "single", shape, activation, 23, slices);
        expectSame(sliced.curvature, whole.curvature, `slices ${slices}`);
      }
      const reference = evaluate(createReferenceKernels(), "double", shape, activation, 23);
      const slicedReference = evaluate(createReferenceKernels(), "double", shape, activation, 23, [4, 5, 23]);
      expectSame(slicedReference.curvature, reference.curvature, "reference slices");
    }
  });

  it("takes as many rows as there can be", () => {
    const rows = 2 ** 20; // and as many tasks for the thread pool
    const network = loadIt(2).createNetwork(
      { layerSizes: [1, 1], activation: "tanh", rows, ...squaredError },
      "single",
    );
    const [parameters, inputs] = [Float32Array.of(0.5, 0), new Float32Array(rows).fill(0.5)];
    const curvature = new Float32Array(2);
    network.forward(parameters, inputs, rows);
    network.curvature(parameters, inputs, rows, 0, rows, null, curvature);
    // J = (a, 1), R = a + 1: h = 2 a (a + 1) and 2 (a + 1); float32 sums of a million equal terms err by 1e-3 at most.
    expect(curvature[0]).toBeCloseTo(1.5, 2);
    expect(curvature[1]).toBeCloseTo(3, 2);
    network.dispose();
  });

  it("computes activations over their whole range, and keeps NaN", () => {
    // One unit between identity weights: y = f(x), read from the loss with targets 0.
    const xs = [0, 1e-30, 1e-8, 1e-3, 0.1, 0.34, 0.35, 0.36, 0.5, 1, 2, 5, 8.9, 9.2, 20, 88, 1e30, Infinity];
    for (const activation of ACTIVATIONS) {
      const network = loadIt(1).createNetwork(
        { layerSizes: [1, 1, 1], activation, rows: 1, ...squaredError },
        "single",
      );
      const value = (x: number) => {
        network.forward(Float32Array.of(1, 0, 1, 0), Float32Array.of(x), 1);
        return Math.sqrt(network.loss(Float32Array.of(0), 1));
      };
      const exact = {
        tanh: Math.tanh,
        relu: (x: number) => Math.max(0, x),
        sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
      };
      for (const x of [...xs, ...xs.map((v) => -v)]) {
        const single = Math.fround(x);
        if (activation === "relu" && single > 1e30) continue; // its square overflows, rightly
        const expected = Math.abs(exact[activation](single));
        // A few roundings of 6e-8 each, relative; sigmoid's tail below exp(-80) is cut there.
        const error = Math.abs(value(single) - expected);
        expect(error, `${activation}(${x})`).toBeLessThanOrEqual(4e-7 * expected + 1e-34);
      }
      expect(value(Number.NaN), activation).toBeNaN();
      network.dispose();
    }
  });
});
