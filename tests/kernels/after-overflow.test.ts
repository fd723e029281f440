// Parameters or a denominator that are not finite: they must show in the result, as divergence is found by them, and leave
// nothing behind in the kernels' scratch memory, which the next curvature uses again.

import { expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { parameterCount } from "../../src/model/architecture.js";
import { expectSame } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const layerSizes = [200, 30, 35, 200]; // of 128 outputs on, units with f' = 0 are left out
const count = parameterCount(layerSizes);
const shape = { layerSizes, activation: "tanh", rows: 1, ...squaredError } as const;
const kernels = () => loadNativeKernels({ threads: 1 });

for (const outputs of [null, Int32Array.from({ length: 150 }, (_, k) => k + (k > 7 ? 50 : 0))]) {
  it(`computes ${outputs ? "a sample's" : "the"} curvature as ever after one of parameters that are NaN`, () => {
    const inputs = Float32Array.from(randomValues(layerSizes[0], 1, 0, 1));
    // So wide that more than a quarter of the units are saturated, and left out: what these have must be 0, not old.
    const sound = Float32Array.from(randomValues(count, 2, -12, 12));
    const curvature = (network: ReturnType<Kernels["createNetwork"]>, parameters: Float32Array) => {
      const h = new Float32Array(count);
      network.forward(parameters, inputs, 1);
      network.curvature(parameters, inputs, 1, 0, 1, outputs, h);
      return h;
    };
    const [fresh, used] = [
      kernels().createNetwork(shape, "single"),
      kernels().createNetwork(shape, "single"),
    ];
    const overflown = curvature(used, new Float32Array(count).fill(Number.NaN));
    expect(overflown.some(Number.isNaN)).toBe(true);
    const expected = curvature(fresh, sound);
    expect(expected.every(Number.isFinite)).toBe(true);
    expectSame(curvature(used, sound), expected, "after NaN");
    for (const network of [fresh, used]) network.dispose();
  });
}

it.each([
  ["reference", createReferenceKernels],
  ["native", kernels],
])("%s: says that parameters are not finite where a denominator is not, at any exponent", (_, create) => {
  for (const exponent of [1, 0.5]) {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const network = create().createNetwork(shape, "single");
      const curvature = new Float32Array(count).fill(1);
      curvature[70] = bad;
      const parameters = new Float32Array(count);
      const finite = network.residualPartitioning(
        ...([parameters, new Float32Array(count).fill(1), curvature, 0.1] as const),
        { buffer: null, coefficient: 0, nesterov: false },
        { buffer: null, decay: 0, safeguard: false },
        exponent,
      );
      // Over infinity a gradient is 0, as exponent 1 has it; of a mean that is infinite nothing is known.
      const harmless = exponent === 1 && bad === Number.POSITIVE_INFINITY;
      expect([finite, Number.isNaN(parameters[70])], `${exponent}, ${bad}`).toEqual([harmless, !harmless]);
      network.dispose();
    }
  }
});

it("refuses outputs that are named twice or do not ascend", () => {
  const network = kernels().createNetwork(shape, "single");
  const [parameters, inputs, h] = [
    new Float32Array(count),
    new Float32Array(layerSizes[0]),
    new Float32Array(count),
  ];
  network.forward(parameters, inputs, 1);
  for (const outputs of [Int32Array.of(3, 3), Int32Array.of(4, 3), Int32Array.of(199, 200)]) {
    expect(() => network.curvature(parameters, inputs, 1, 0, 1, outputs, h)).toThrow(/must ascend within/);
  }
  network.dispose();
});
