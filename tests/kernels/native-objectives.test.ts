// The compiled kernels of the losses, of RP's settings and of Jacobian-vector products against the reference ones in float64.
//
// Tolerance: as in native.test.ts, sums of up to 203 float32 products through up to 4 layers err by some 1e-6 of the
// largest value. A power q^p adds p |ln q| roundings, at most 20 here. 2e-5 leaves room; a wrong kernel errs by 1e-2.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { NetworkKernels } from "../../src/kernels/kernels.js";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { type FloatArray, parameterCount } from "../../src/model/architecture.js";
import { CURVATURE_BOUNDS, LOSSES } from "../../src/model/objective.js";
import { expectClose, expectSame } from "../support/compare.js";
import { instructionSetsHere, isFused, loadKernels } from "../support/instruction-sets.js";
import { randomValues } from "../support/random.js";

const TOLERANCE = 2e-5;
const shapes = [
  [19, 19],
  [3, 1, 3],
  [33, 17, 9, 33],
  [203, 45, 37, 129, 203],
];
const instructionSets = instructionSetsHere();
const objectives = LOSSES.flatMap((loss) =>
  (loss === "mse" ? CURVATURE_BOUNDS.slice(0, 1) : CURVATURE_BOUNDS).map((curvatureBound) => ({
    loss,
    curvatureBound,
  })),
);

afterEach(() => vi.unstubAllEnvs());

/** A network, its arguments of one precision, and what its kernels give. */
function observe(
  create: (shape: {
    loss: (typeof LOSSES)[number];
    curvatureBound: (typeof CURVATURE_BOUNDS)[number];
  }) => NetworkKernels,
  cast: (values: Float64Array) => FloatArray,
  layerSizes: readonly number[],
  rows: number,
  objective: (typeof objectives)[number],
  /** Spread of the weights: 4 saturates outputs and hidden units alike. */
  spread: number,
) {
  const network = create(objective);
  const count = parameterCount(layerSizes);
  const outputs = layerSizes[layerSizes.length - 1];
  const width = spread * Math.sqrt(6 / Math.max(...layerSizes));
  const parameters = cast(randomValues(count, 1, -width, width));
  const inputs = cast(randomValues(rows * layerSizes[0], 2, 0, 1));
  const along = cast(randomValues(count, 3, -1, 1));
  const [gradient, curvature, sampled] = [1, 2, 3].map(() => cast(new Float64Array(count)));
  const [first, second] = [1, 2].map(() => cast(new Float64Array(rows * outputs)));
  network.forward(parameters, inputs, rows);
  const loss = network.loss(inputs, rows);
  network.gradient(parameters, inputs, rows, gradient);
  network.curvature(parameters, inputs, rows, 0, rows, null, curvature);
  const some = Int32Array.from({ length: Math.ceil(outputs / 3) }, (_, i) => 3 * i);
  network.curvature(parameters, inputs, rows, 0, rows, some, sampled);
  network.jacobianProduct(parameters, inputs, rows, along, first);
  network.jacobianProduct(parameters, inputs, rows, parameters, second);
  const [sums, alone] = [new Float64Array(5), new Float64Array(5)];
  network.quadraticModel(inputs, rows, first, second, sums);
  network.quadraticModel(inputs, rows, second, null, alone);
  network.dispose();
  return { loss, gradient, curvature, sampled, first, second, sums, alone };
}

describe.each(instructionSets)("instruction set '%s'", (instructionSet) => {
  const native = (layerSizes: readonly number[], rows: number, threads: number) => (objective: object) => {
    const shape = {
      layerSizes,
      activation: "tanh" as const,
      rows,
      ...(objective as (typeof objectives)[number]),
    };
    return loadKernels(instructionSet, threads).createNetwork(shape, "single");
  };
  const reference = (layerSizes: readonly number[], rows: number) => (objective: object) =>
    createReferenceKernels().createNetwork(
      { layerSizes, activation: "tanh", rows, ...(objective as (typeof objectives)[number]) },
      "double",
    );
  const asSingle = (values: Float64Array) => Float64Array.from(Float32Array.from(values));

  for (const objective of objectives) {
    it(`${objective.loss} with ${objective.curvatureBound} equals the reference`, () => {
      for (const shape of shapes) {
        for (const [rows, spread] of [
          [1, 1],
          [7, 1],
          [16, 4],
        ]) {
          const expected = observe(reference(shape, rows), asSingle, shape, rows, objective, spread);
          const found = observe(
            native(shape, rows, 1),
            (v) => Float32Array.from(v),
            shape,
            rows,
            objective,
            spread,
          );
          const again = observe(
            native(shape, rows, 3),
            (v) => Float32Array.from(v),
            shape,
            rows,
            objective,
            spread,
          );
          const what = `${shape.join("-")}, ${rows} rows`;
          expectClose([found.loss], [expected.loss], TOLERANCE, `${what}: loss`);
          for (const key of [
            "gradient",
            "curvature",
            "sampled",
            "first",
            "second",
            "sums",
            "alone",
          ] as const) {
            expectClose(found[key], expected[key], TOLERANCE, `${what}: ${key}`);
            expectSame(again[key], found[key], `${what}: ${key} with three threads`);
          }
        }
      }
    });
  }

  it("keeps the cross-entropy finite and right where logits are large or 0", () => {
    const network = native([4, 4], 1, 1)({ loss: "cross-entropy", curvatureBound: "jaakkola-jordan" });
    const logits = [0, 60, -60, 3e38];
    const parameters = new Float32Array(20);
    parameters.set(logits, 16); // the biases alone
    const targets = Float32Array.of(0.25, 1, 0.5, 1);
    network.forward(parameters, targets, 1);
    // log 2, e^-60 (0 beside the others), 0.5 · 60, and 0
    expectClose([network.loss(targets, 1)], [(Math.LN2 + 30) / 4], 1e-6, "loss");
    const h = new Float32Array(20);
    network.curvature(parameters, targets, 1, 0, 1, null, h);
    const R = 1 + targets.reduce((sum, value) => sum + value);
    const bound = [0.25, 1 / 120, 1 / 120, 0.5 / 3e38];
    expectClose(
      h.subarray(16),
      bound.map((value) => (value * R) / 4),
      1e-6,
      "h of the biases",
    );
    expect(h.every(Number.isFinite)).toBe(true);
    network.dispose();
  });

  it("updates as the reference does, whatever the exponent, average and safeguard", () => {
    const shape = [61, 37, 61];
    const count = parameterCount(shape);
    const h = randomValues(count, 5, 0, 1).map((value, i) => (i % 11 === 0 ? 0 : value ** 8));
    for (const exponent of [0, 0.25, 0.5, 1]) {
      for (const average of [null, { decay: 0.9, safeguard: false }, { decay: 0.9, safeguard: true }]) {
        for (const mu of [0, 0.9]) {
          const run = (network: NetworkKernels, cast: (values: Float64Array) => FloatArray) => {
            const parameters = cast(randomValues(count, 6, -1, 1));
            const gradient = cast(randomValues(count, 7, -1, 1));
            const direction = cast(new Float64Array(count));
            const buffer = average && cast(randomValues(count, 8, 0, 0.01));
            const momentum = {
              buffer: mu > 0 ? cast(new Float64Array(count)) : null,
              coefficient: mu,
              nesterov: false,
            };
            const smooth = { buffer, decay: average?.decay ?? 0, safeguard: average?.safeguard ?? false };
            for (let step = 0; step < 3; step++) {
              network.residualPartitioning(parameters, gradient, cast(h), 1e-3, momentum, smooth, exponent);
            }
            network.rpDirection(gradient, cast(h), smooth, exponent, direction);
            const previous = direction.slice();
            expect(network.moveAlong(parameters, direction, previous, 1e-3, 0.5)).toBe(true);
            return { parameters, direction, previous };
          };
          const objective = { loss: "mse", curvatureBound: "jaakkola-jordan" };
          const expected = run(reference(shape, 1)(objective), asSingle);
          const found = run(native(shape, 1, 2)(objective), (values) => Float32Array.from(values));
          const what = `exponent ${exponent}, average ${JSON.stringify(average)}, momentum ${mu}`;
          // Elementwise: small h give large d, beside which the rest would not be seen. Parameters begin near 1, whose
          // rounding of 6e-8 is what small ones are known to.
          for (const key of ["direction", "previous", "parameters"] as const) {
            for (let i = 0; i < count; i++) {
              const scale = Math.max(Math.abs(expected[key][i]), key === "parameters" ? 1e-2 : 1e-6);
              if (Math.abs(found[key][i] - expected[key][i]) > 1e-4 * scale) {
                expect.fail(`${what}: ${key}[${i}] is ${found[key][i]}, not ${expected[key][i]}`);
              }
            }
          }
        }
      }
    }
  });
});

it("gives the same bits on every instruction set that multiplies and adds in one rounding", () => {
  const fused = instructionSets.filter(isFused);
  for (const objective of objectives) {
    for (const shape of shapes) {
      const results = fused.map((name) => {
        const create = (chosen: object) => {
          const all = {
            layerSizes: shape,
            activation: "sigmoid" as const,
            rows: 7,
            ...(chosen as (typeof objectives)[0]),
          };
          return loadKernels(name, 2).createNetwork(all, "single");
        };
        return observe(create, (values) => Float32Array.from(values), shape, 7, objective, 1);
      });
      for (const other of results.slice(1)) {
        expect(other.loss).toBe(results[0].loss);
        for (const key of ["gradient", "curvature", "sampled", "first", "second", "sums"] as const) {
          expectSame(other[key], results[0][key], `${shape.join("-")}: ${key}`);
        }
      }
    }
  }
});
