// A denominator of 0 makes an update of 0, also where the gradient is not 0, as it may be with sampled outputs: with every
// exponent, every average and every form of momentum, in native and reference kernels.

import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { loadWasmKernels } from "../../src/kernels/wasm-file.js";
import { parameterCount } from "../../src/model/architecture.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const shape = [30, 13, 30];
const count = parameterCount(shape); // 823
/** Parameters whose denominator is 0: single ones and whole vectors. */
const isZero = (i: number) => i % 7 === 3 || (i >= 64 && i < 128) || i === count - 1;
const averages = {
  "no average": null,
  "an average": { decay: 0.9, safeguard: false },
  "an average and the safeguard": { decay: 0.9, safeguard: true },
};
const momenta = {
  "no momentum": null,
  momentum: { coefficient: 0.9, nesterov: false },
  "Nesterov's momentum": { coefficient: 0.9, nesterov: true },
};
const implementations: [string, () => Kernels][] = [
  ["reference", createReferenceKernels],
  ["native", () => loadNativeKernels({ threads: 2 })],
  ["wasm", () => loadWasmKernels({ threads: 1 })],
];

describe.each(implementations)("%s", (_, create) => {
  for (const exponent of [1, 0.5, 0]) {
    for (const [averageName, average] of Object.entries(averages)) {
      it(`exponent ${exponent}, ${averageName}: no update where the denominator is 0, one elsewhere`, () => {
        const network = create().createNetwork(
          { layerSizes: shape, activation: "tanh", rows: 1, ...squaredError },
          "single",
        );
        const gradient = Float32Array.from(randomValues(count, 1, 0.5, 1));
        const curvature = Float32Array.from(randomValues(count, 2, 0.5, 1), (h, i) => (isZero(i) ? 0 : h));
        const smooth = () => ({
          ...{ buffer: average && new Float32Array(count), decay: 0 },
          safeguard: average?.safeguard ?? false,
        });
        for (const [momentumName, momentum] of Object.entries(momenta)) {
          const state = smooth();
          const buffer = momentum && new Float32Array(count);
          const form = {
            buffer,
            coefficient: momentum?.coefficient ?? 0,
            nesterov: momentum?.nesterov ?? false,
          };
          const parameters = new Float32Array(count);
          for (let step = 0; step < 2; step++) {
            const finite = network.residualPartitioning(
              ...([parameters, gradient, curvature, 0.1, form, state, exponent] as const),
            );
            expect(finite, `${momentumName}: finite`).toBe(true);
            state.decay = average?.decay ?? 0;
          }
          const moved = Array.from(parameters, (value) => value !== 0);
          expect(moved, momentumName).toEqual(moved.map((_, i) => !isZero(i)));
        }
        const direction = new Float32Array(count).fill(1);
        network.rpDirection(gradient, curvature, smooth(), exponent, direction);
        const directed = Array.from(direction, (value) => value > 0 && value < Number.POSITIVE_INFINITY);
        expect(directed).toEqual(directed.map((_, i) => !isZero(i)));
        expect(Array.from(direction).filter((value, i) => isZero(i) && value !== 0)).toEqual([]);
        network.dispose();
      });
    }
  }

  it("goes on with the average where only a step's own denominator is 0, and not without it", () => {
    const network = create().createNetwork(
      { layerSizes: [1, 1], activation: "tanh", rows: 1, ...squaredError },
      "single",
    );
    const none = { buffer: null, coefficient: 0, nesterov: false };
    for (const safeguard of [false, true]) {
      const parameters = Float32Array.of(0, 0);
      const average = { buffer: Float32Array.of(4, 0), decay: 0.5, safeguard };
      const [gradient, curvature] = [Float32Array.of(1, 1), Float32Array.of(0, 0)];
      expect(network.residualPartitioning(parameters, gradient, curvature, 1, none, average, 1)).toBe(true);
      expect(Array.from(parameters)).toEqual([-0.5, 0]); // q = 0.5 · 4, and 0
    }
    network.dispose();
  });
});
