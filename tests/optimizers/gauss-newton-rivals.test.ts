// AdaHessian and Sophia over the diagonal of the Gauss-Newton matrix: sixty steps beside their published rules, written here
// once more, with the diagonal taken from an explicit Jacobian; in float64. Then the native kernels beside these.

import { describe, expect, it } from "vitest";
import { createEngine, type OptimizerOptions } from "../../src/index.js";
import * as oracle from "../support/brute-force.js";
import { expectClose, expectSame } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const STEPS = 60;
const ROWS = 3;
const net = { layerSizes: [4, 3, 4], activation: "tanh" as const };
const start = randomValues(oracle.countParameters(net), 7, -1.2, 1.2);
const batchOf = (step: number) => randomValues(ROWS * net.layerSizes[0], 100 + step, 0, 1);

/** (1/S) Σ_s L''_s J_si², with L'' = 2 */
function diagonal(w: Float64Array, batch: Float64Array): Float64Array {
  const J = oracle.jacobian(net, w, batch);
  return w.map((_, i) => J.reduce((sum, row) => sum + (2 * row[i] ** 2) / J.length, 0));
}

type Step = (w: Float64Array, g: Float64Array, t: number, D: () => Float64Array) => void;

/** Yao et al. 2021, algorithm 1, with Hessian power 1 and blocks of one. */
function adahessian(lr: number, { b1 = 0.9, b2 = 0.999, eps = 1e-4, wd = 0, every = 1 } = {}): Step {
  const m = start.map(() => 0);
  const squares: Float64Array[] = [];
  let D = new Float64Array(0);
  return (w, g, t, fresh) => {
    if ((t - 1) % every === 0) D = fresh().map(Math.abs);
    squares.push(D.map((d) => d * d));
    w.forEach((value, i) => {
      m[i] = b1 * m[i] + (1 - b1) * g[i];
      // As the paper writes it: √((1 − β₂) Σ β₂^(t−s) D_s² / (1 − β₂ᵗ)).
      const sum = squares.reduce((total, square, s) => total + b2 ** (t - 1 - s) * square[i], 0);
      const v = Math.sqrt(((1 - b2) * sum) / (1 - b2 ** t));
      w[i] = value - lr * wd * value - (lr * (m[i] / (1 - b1 ** t))) / (v + eps);
    });
  };
}

const met = { clipped: 0, least: 0, neither: 0 };
/** Liu et al. 2024, algorithm 3. */
function sophia(
  lr: number,
  { b1 = 0.96, b2 = 0.99, eps = 1e-12, gamma = 0.05, wd = 0, every = 10 } = {},
): Step {
  const [m, h] = [start.map(() => 0), start.map(() => 0)];
  return (w, g, t, fresh) => {
    const D = t % every === 1 % every ? fresh() : null;
    w.forEach((value, i) => {
      m[i] = b1 * m[i] + (1 - b1) * g[i];
      if (D) h[i] = b2 * h[i] + (1 - b2) * D[i];
      const x = m[i] / Math.max(gamma * h[i], eps);
      met[gamma * h[i] < eps ? "least" : Math.abs(x) > 1 ? "clipped" : "neither"]++;
      w[i] = value - lr * wd * value - lr * (Math.abs(x) > 1 ? Math.sign(x) : x);
    });
  };
}

const cases: [OptimizerOptions, () => Step][] = [
  [{ name: "adahessian", learningRate: 0.02 }, () => adahessian(0.02)],
  [
    {
      ...{ name: "adahessian", learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 0.01 },
      ...{ weightDecay: 0.3, curvatureInterval: 4 },
    },
    () => adahessian(0.01, { b1: 0.8, b2: 0.9, eps: 0.01, wd: 0.3, every: 4 }),
  ],
  [{ name: "sophia", learningRate: 0.02 }, () => sophia(0.02)],
  [
    {
      ...{ name: "sophia", learningRate: 0.02, beta1: 0.8, beta2: 0.7, epsilon: 0.2 },
      ...{ weightDecay: 0.3, gamma: 2, curvatureInterval: 1 },
    },
    () => sophia(0.02, { b1: 0.8, b2: 0.7, eps: 0.2, gamma: 2, wd: 0.3, every: 1 }),
  ],
];

describe.each(cases)("%j", (optimizer, rule) => {
  const options = { ...net, optimizer, batchSize: ROWS };

  it("makes sixty steps of its published rule", async () => {
    const session = await (await createEngine("reference")).createSession({ ...options, parameters: start });
    const update = rule();
    const expected = start.slice();
    for (let t = 1; t <= STEPS; t++) {
      const batch = batchOf(t);
      await session.step(batch);
      update(expected, oracle.gradient(net, expected, batch), t, () => diagonal(expected.slice(), batch));
      expectClose(session.parameters(), expected, 1e-9, `parameters after step ${t}`);
    }
    expect(oracle.loss(net, expected, batchOf(0))).toBeLessThan(0.7 * oracle.loss(net, start, batchOf(0)));
  });

  it("makes them with the native kernels, and from a sample of all outputs the same", async () => {
    const follow = async (curvature: "exact" | { outputs: number }, threads: number) => {
      const engine = await createEngine("native", { threads });
      const parameters = Float32Array.from(start);
      const session = await engine.createSession({
        ...options,
        parameters,
        optimizer: { ...optimizer, curvature } as OptimizerOptions,
      });
      for (let t = 1; t <= STEPS; t++) await session.step(Float32Array.from(batchOf(t)));
      return session.parameters();
    };
    const update = rule();
    const expected = start.slice();
    for (let t = 1; t <= STEPS; t++) {
      const batch = Float64Array.from(Float32Array.from(batchOf(t)));
      update(expected, oracle.gradient(net, expected, batch), t, () => diagonal(expected.slice(), batch));
    }
    const exact = await follow("exact", 1);
    // Sixty steps of float32; a clipped step turns where rounding moves an average over 0.
    expectClose(exact, expected, 5e-4, "parameters");
    expectSame(await follow({ outputs: net.layerSizes[0] }, 2), exact, "of all outputs");
    expect(await follow({ outputs: 2 }, 2)).not.toEqual(exact);
  });
});

it("met every branch of Sophia's rule", () => {
  for (const [name, times] of Object.entries(met)) expect(times, name).toBeGreaterThan(100);
});

it.each(["adahessian", "sophia"] as const)("%s is refused by the tfjs engine", async (name) => {
  const engine = await createEngine("tfjs", { backend: "cpu" });
  const optimizer = { name, learningRate: 0.1 };
  await expect(
    engine.createSession({ ...net, optimizer, parameters: Float32Array.from(start) }),
  ).rejects.toThrow(`the tfjs engine has no ${name}; use native or reference`);
});
