// RP's settings against numbers worked by hand, and the warm-up and settings of all optimizers.

import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { loadWasmKernels } from "../../src/kernels/wasm-file.js";
import type { OptimizerOptions } from "../../src/optimizers/registry.js";
import { createOptimizer, optimizerSchema, settingsText } from "../../src/optimizers/registry.js";
import { expectSame } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const kernels: [string, () => Kernels][] = [
  ["reference", createReferenceKernels],
  ["native", () => loadNativeKernels({ threads: 1 })],
  ["wasm", () => loadWasmKernels({ threads: 1 })],
];

/** The two parameters of a network 1-1 after each update with these gradients and curvatures, from (1, 1). */
function follow(
  create: () => Kernels,
  options: OptimizerOptions,
  g: number[][],
  h: number[][] = [],
): number[][] {
  const network = create().createNetwork(
    { layerSizes: [1, 1], activation: "tanh", rows: 1, ...squaredError },
    "single",
  );
  const optimizer = createOptimizer(optimizerSchema.parse(options), () => new Float32Array(2));
  const parameters = Float32Array.of(1, 1);
  const seen = g.map((gradient, step) => {
    optimizer.update({
      ...{ kernels: network, parameters, gradient: Float32Array.from(gradient) },
      ...{ curvature: Float32Array.from(h[step] ?? [1, 1]), inputs: Float32Array.of(0), rows: 1 },
      step: step + 1,
    });
    return Array.from(parameters);
  });
  network.dispose();
  return seen;
}

function expectNear(seen: number[][], expected: number[][]): void {
  expect(seen).toHaveLength(expected.length);
  seen.flat().forEach((value, i) => {
    expect(value).toBeCloseTo(expected.flat()[i], 6);
  });
}

describe.each(kernels)("on %s kernels", (_, create) => {
  const rp = { name: "rp", learningRate: 0.1 } as const;
  const six = [
    [6, 6],
    [6, 6],
  ];

  it("the safeguard takes the greater of h and its average", () => {
    // h (4, 1), then (2, 3): averages (4, 1), then ½ · + ½ · = (3, 2); q (4, 1), then max((2, 3), (3, 2)) = (3, 3).
    // d (1.5, 6), then (2, 2); w (1, 1) → (0.85, 0.4) → (0.65, 0.2). Without the safeguard the second d is (2, 3).
    const h = [
      [4, 1],
      [2, 3],
    ];
    const averaged = { ...rp, curvatureDecay: 0.5 };
    const first = [0.85, 0.4];
    expectNear(follow(create, { ...averaged, safeguard: true }, six, h), [first, [0.65, 0.2]]);
    expectNear(follow(create, averaged, six, h), [first, [0.65, 0.1]]);
  });

  it("the exponent lies between gradient descent and RP", () => {
    // q (2, 6), mean 4. p = ½: √(4 · 2) = 2.828427, √(4 · 6) = 4.898979; d = (2.121320, 1.224745). p = 0: 6 / 4 = 1.5.
    const h = [[2, 6]];
    const once = [[6, 6]];
    expectNear(follow(create, { ...rp, exponent: 0.5 }, once, h), [[1 - 0.212132, 1 - 0.1224745]]);
    expectNear(follow(create, { ...rp, exponent: 0 }, once, h), [[0.85, 0.85]]);
    expectNear(follow(create, { ...rp, exponent: 1 }, once, h), [[0.7, 0.9]]);
  });

  it("the exponent's mean is that of the denominators that are taken, and q = 0 keeps the update 0", () => {
    // Averages as above; second step q (3, 3), mean 3, so that p changes nothing: d = (2, 2).
    // First step q (4, 1), mean 2.5, p = ½: √(2.5 · 4) = 3.162278, √2.5 = 1.581139; d = (1.897367, 3.794733).
    const options = { ...rp, curvatureDecay: 0.5, safeguard: true, exponent: 0.5 };
    const first = [1 - 0.1897367, 1 - 0.3794733];
    const h = [
      [4, 1],
      [2, 3],
    ];
    expectNear(follow(create, options, six, h), [first, first.map((w) => w - 0.2)]);
    // q (0, 8), mean 4: √(4 · 8) = 5.656854, d = (0, 1.060660).
    for (const exponent of [0, 0.5]) {
      const [[still, moved]] = follow(create, { ...rp, exponent }, [[6, 6]], [[0, 8]]);
      expect(still).toBe(1);
      expect(moved).toBeCloseTo(exponent === 0 ? 0.85 : 1 - 0.106066, 6);
    }
    expectNear(follow(create, { ...rp, exponent: 0.5 }, [[6, 6]], [[0, 0]]), [[1, 1]]);
  });

  it.each<OptimizerOptions>([
    { name: "sgd", learningRate: 0.3 },
    { name: "adam", learningRate: 0.3 },
    { name: "rp", learningRate: 0.3 },
    { name: "adamw", learningRate: 0.3, weightDecay: 0 },
    { name: "amsgrad", learningRate: 0.3 },
    { name: "rmsprop", learningRate: 0.3, alpha: 0 },
    { name: "adahessian", learningRate: 0.3, epsilon: 1e-8 },
    { name: "sophia", learningRate: 0.3, beta1: 0 },
  ])("the rate of $name rises in equal parts over the warm-up and stays", (options) => {
    // With the gradient 1 at every step each of them takes the step λ_t: 0.1, 0.2, 0.3, 0.3.
    const ones = Array.from({ length: 4 }, () => [1, 1]);
    const seen = follow(create, { ...options, warmupSteps: 3 }, ones);
    expectNear(
      seen,
      [0.9, 0.7, 0.4, 0.1].map((w) => [w, w]),
    );
    const plain = follow(create, options, ones);
    expect(follow(create, { ...options, warmupSteps: 0 }, ones)).toEqual(plain);
    expect(follow(create, { ...options, warmupSteps: 1 }, ones)).toEqual(plain);
  });

  it("AdaGrad's rate rises, too, while its squares do", () => {
    // The gradient 2 at every step: v = 4, 8, 12, so that the steps are 0.1 / √1, 0.2 / √2, 0.3 / √3.
    const twos = Array.from({ length: 3 }, () => [2, 2]);
    const seen = follow(create, { name: "adagrad", learningRate: 0.3, warmupSteps: 3 }, twos);
    expectNear(
      seen,
      [0.9, 0.9 - 0.1414214, 0.7585786 - 0.1732051].map((w) => [w, w]),
    );
  });
});

it("with an exponent of 1, no safeguard and no warm-up it is w − λ g / h, bit for bit", () => {
  const count = 1000;
  const single = (seed: number, low: number, high: number) =>
    Float32Array.from(randomValues(count, seed, low, high));
  const [w, g, h] = [single(1, -1, 1), single(2, -1, 1), single(3, 0.01, 2)];
  const options = { name: "rp", learningRate: 0.37, exponent: 1, safeguard: false, warmupSteps: 0 } as const;
  const optimizer = createOptimizer(optimizerSchema.parse(options), () => new Float32Array(count));
  const network = createReferenceKernels().createNetwork(
    { layerSizes: [1, 1], activation: "tanh", rows: 1, ...squaredError },
    "single",
  );
  const expected = w.map((value, i) => value - 0.37 * (g[i] / h[i]));
  const inputs = new Float32Array(1);
  optimizer.update({ kernels: network, parameters: w, gradient: g, curvature: h, inputs, rows: 1, step: 1 });
  expectSame(w, expected, "parameters");
});

it("says its settings in words", () => {
  const words = (options: OptimizerOptions) => settingsText(optimizerSchema.parse(options));
  const rp = { name: "rp", learningRate: 1 } as const;
  expect(words({ ...rp, curvatureDecay: 0.9, safeguard: true, exponent: 0.5, warmupSteps: 20 })).toBe(
    "decay 0.9, safeguard, exponent 0.5, warm-up 20",
  );
  expect(words(rp)).toBe("");
  expect(words({ name: "adam", learningRate: 1, warmupSteps: 7 })).toBe("warm-up 7");
  const usual = ["adamw", "amsgrad", "rmsprop", "adagrad", "adahessian", "sophia"] as const;
  for (const name of usual) expect(words({ name, learningRate: 1 }), name).toBe("");
  expect(words({ name: "adamw", learningRate: 1, beta1: 0.8, weightDecay: 0 })).toBe(
    "β1 0.8, weight decay 0",
  );
  expect(words({ name: "amsgrad", learningRate: 1, beta2: 0.9, epsilon: 1e-4 })).toBe("β2 0.9, ε 0.0001");
  expect(words({ name: "rmsprop", learningRate: 1, alpha: 0.9, momentum: 0.5, warmupSteps: 7 })).toBe(
    "momentum 0.5, α 0.9, warm-up 7",
  );
  expect(words({ name: "adagrad", learningRate: 1, learningRateDecay: 0.1, initialAccumulator: 2 })).toBe(
    "rate decay 0.1, accumulator 2",
  );
  expect(
    words({ name: "adahessian", learningRate: 1, curvature: { outputs: 8 }, curvatureInterval: 5 }),
  ).toBe("8 outputs, curvature every 5 steps");
  expect(words({ name: "sophia", learningRate: 1, gamma: 0.5, curvatureInterval: 1 })).toBe(
    "curvature every step, γ 0.5",
  );
  expect(words({ name: "sgd", learningRate: 1, momentum: 0.9, warmupSteps: 7 })).toBe(
    "momentum 0.9, warm-up 7",
  );
});

it.each<[object, string]>([
  [{ name: "rp", learningRate: 1, exponent: 1.1 }, "must be from 0 to 1"],
  [{ name: "rp", learningRate: 1, exponent: -0.1 }, "must be from 0 to 1"],
  [
    { name: "rp", learningRate: 1, safeguard: true },
    "needs an average, a curvatureDecay above 0 (--curvature-decay)",
  ],
  [{ name: "adam", learningRate: 1, warmupSteps: -1 }, "must be at least 0"],
  [{ name: "sgd", learningRate: 1, warmupSteps: 1.5 }, "must be a whole number"],
  [{ name: "adam", learningRate: "auto" }, 'must be a positive number, as only rp has "auto"'],
  [{ name: "adamw", learningRate: 1, weightDecay: -1 }, "must be from 0 to 1"],
  [{ name: "amsgrad", learningRate: 1, epsilon: 0 }, "must be a positive number"],
  [{ name: "rmsprop", learningRate: 1, alpha: 1 }, "must be from 0 to below 1"],
  [{ name: "rmsprop", learningRate: 1, momentum: "0.9" }, "must be a number from 0 to below 1"],
  [{ name: "adagrad", learningRate: 1, initialAccumulator: -1 }, "must be at least 0"],
  [{ name: "adagrad", learningRate: 1, learningRateDecay: "a" }, "must be a number of at least 0"],
  [{ name: "adahessian", learningRate: 1, curvatureInterval: 0 }, "must be at least 1"],
  [
    { name: "adahessian", learningRate: 1, curvature: "all" },
    'must be "exact" or { "outputs": a count of at least 1 }',
  ],
  [{ name: "sophia", learningRate: 1, gamma: 0 }, "must be a positive number"],
  [{ name: "sophia", learningRate: 1, curvatureInterval: 2.5 }, "must be a whole number"],
  [{ name: "rp", learningRate: "fast" }, 'must be a positive number or "auto"'],
  [
    { name: "rp", learningRate: "auto", momentum: 0.9 },
    '"auto" computes momentum, too, and needs no warm-up; leave out momentum, nesterov and warmupSteps',
  ],
  [
    { name: "rp", learningRate: "auto", warmupSteps: 5 },
    '"auto" computes momentum, too, and needs no warm-up; leave out momentum, nesterov and warmupSteps',
  ],
])("refuses %j", (options, message) => {
  expect(optimizerSchema.safeParse(options).error?.issues[0].message).toBe(message);
});
