// Updates of native and reference kernels: Adam against numbers worked by hand from its paper's rule, all against
// each other over a parameter count that fills no vector or range, and what they say of infinities.

import { describe, expect, it } from "vitest";
import type { Kernels, NetworkKernels } from "../../src/kernels/kernels.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { loadWasmKernels } from "../../src/kernels/wasm-file.js";
import { parameterCount } from "../../src/model/architecture.js";
import { expectClose, expectSame } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const kernels: [string, () => Kernels][] = [
  ["reference", createReferenceKernels],
  ["native", () => loadNativeKernels({ threads: 2 })],
  ["wasm", () => loadWasmKernels({ threads: 1 })],
];
const single = (values: Float64Array) => Float32Array.from(values);
const noMomentum = { buffer: null, coefficient: 0, nesterov: false };
const noAverage = { buffer: null, decay: 0, safeguard: false };

describe.each(kernels)("%s", (_, create) => {
  const shape = [202, 101, 202]; // 41,107 parameters, an odd number: several ranges, which fill no vector
  const count = parameterCount(shape);
  const network = (): NetworkKernels =>
    create().createNetwork({ layerSizes: shape, activation: "tanh", rows: 1, ...squaredError }, "single");

  it("follows Adam's rule in numbers", () => {
    // Worked with decimals: w = 1, λ = 0.1, β 0.9 / 0.999, ε = 1e-8, gradients 0.5 then −0.25.
    //   t = 1: m = 0.05, v = 0.00025; m̂ = 0.5, v̂ = 0.25; w = 1 − 0.1 · 0.5 / (0.5 + 1e-8) = 0.900000002
    //   t = 2: m = 0.02, v = 0.00031225; m̂ = 0.02 / 0.19 = 0.105263158, v̂ = 0.00031225 / 0.001999 = 0.156203102,
    //          √v̂ = 0.395225382; w = 0.900000002 − 0.1 · 0.105263158 / 0.395225392 = 0.873366304
    const tiny = create().createNetwork(
      { layerSizes: [1, 1], activation: "tanh", rows: 1, ...squaredError },
      "single",
    );
    const w = Float32Array.of(1, 1);
    const state = { firstMoment: new Float32Array(2), secondMoment: new Float32Array(2) };
    const constants = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    tiny.adam(w, Float32Array.of(0.5, 0.5), state, { ...constants, step: 1 });
    expect(w[0]).toBeCloseTo(0.900000002, 6);
    tiny.adam(w, Float32Array.of(-0.25, -0.25), state, { ...constants, step: 2 });
    expect(w[0]).toBeCloseTo(0.873366304, 6);
    tiny.dispose();
  });

  it("says whether every parameter is finite, wherever the bad one is", () => {
    const net = network();
    const h = single(randomValues(count, 3, 1, 2));
    for (const index of [0, 1, 16_384, count - 1]) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const updates = [
          (w: Float32Array, g: Float32Array) => net.sgd(w, g, 1, noMomentum),
          (w: Float32Array, g: Float32Array) =>
            net.sgd(w, g, 1, { ...noMomentum, buffer: new Float32Array(count) }),
          (w: Float32Array, g: Float32Array) =>
            net.residualPartitioning(w, g, h, 1, noMomentum, noAverage, 1),
          (w: Float32Array, g: Float32Array) =>
            net.residualPartitioning(
              w,
              g,
              h,
              1,
              { ...noMomentum, buffer: new Float32Array(count) },
              noAverage,
              1,
            ),
          (w: Float32Array, g: Float32Array) =>
            net.adam(
              w,
              g,
              { firstMoment: new Float32Array(count), secondMoment: new Float32Array(count) },
              { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 1 },
            ),
        ];
        for (const update of updates) {
          const gradient = single(randomValues(count, 4));
          expect(update(new Float32Array(count), gradient)).toBe(true);
          const parameters = new Float32Array(count);
          parameters[index] = bad;
          expect(update(parameters, gradient), `${bad} at ${index}`).toBe(false);
        }
      }
    }
    net.dispose();
  });

  it("makes 0 / 0 an update of 0", () => {
    const net = network();
    const w = single(randomValues(count, 5));
    const before = w.slice();
    expect(
      net.residualPartitioning(
        w,
        new Float32Array(count),
        new Float32Array(count),
        20,
        noMomentum,
        noAverage,
        1,
      ),
    ).toBe(true);
    expectSame(w, before, "parameters");
    net.dispose();
  });
});

// 41,107, 45, 7 and 2 parameters: vectors and ranges that are filled in part, none but the last a whole number of pairs.
describe.each([[[202, 101, 202]], [[6, 3, 6]], [[2, 1, 2]], [[1, 1]]])(
  "native against reference, %j",
  (shape) => {
    const count = parameterCount(shape);
    const steps = 5;
    type Update = (
      net: NetworkKernels,
      w: Float32Array,
      g: Float32Array,
      h: Float32Array,
      step: number,
    ) => boolean;
    const momentum = (nesterov: boolean) => ({ buffer: new Float32Array(count), coefficient: 0.9, nesterov });
    const updates: [string, () => Update][] = [
      ["sgd", () => (net, w, g) => net.sgd(w, g, 0.1, noMomentum)],
      [
        "sgd momentum",
        () =>
          (
            (m) => (net, w, g) =>
              net.sgd(w, g, 0.1, m)
          )(momentum(false)),
      ],
      [
        "sgd nesterov",
        () =>
          (
            (m) => (net, w, g) =>
              net.sgd(w, g, 0.1, m)
          )(momentum(true)),
      ],
      ["rp", () => (net, w, g, h) => net.residualPartitioning(w, g, h, 0.1, noMomentum, noAverage, 1)],
      [
        "rp momentum",
        () =>
          (
            (m) => (net, w, g, h) =>
              net.residualPartitioning(w, g, h, 0.1, m, noAverage, 1)
          )(momentum(false)),
      ],
      [
        "rp nesterov",
        () =>
          (
            (m) => (net, w, g, h) =>
              net.residualPartitioning(w, g, h, 0.1, m, noAverage, 1)
          )(momentum(true)),
      ],
      [
        "adam",
        () => {
          const state = { firstMoment: new Float32Array(count), secondMoment: new Float32Array(count) };
          return (net, w, g, _, step) =>
            net.adam(w, g, state, { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step });
        },
      ],
    ];

    it.each(updates)("%s", (_, create) => {
      const results = [
        createReferenceKernels(),
        loadNativeKernels({ threads: 1 }),
        loadNativeKernels({ threads: 3 }),
        loadWasmKernels({ threads: 1 }),
      ].map((implementation) => {
        const net = implementation.createNetwork(
          { layerSizes: shape, activation: "tanh", rows: 1, ...squaredError },
          "single",
        );
        const update = create();
        const w = single(randomValues(count, 6));
        for (let step = 1; step <= steps; step++) {
          update(
            net,
            w,
            single(randomValues(count, 10 + step)),
            single(randomValues(count, 20, 0.5, 2)),
            step,
          );
        }
        net.dispose();
        return w;
      });
      // A handful of float32 roundings (6e-8) a step.
      expectClose(results[1], results[0], 2e-6, "native");
      expectSame(results[2], results[1], "three threads");
      expectClose(results[3], results[0], 2e-6, "WebAssembly");
    });
  },
);
