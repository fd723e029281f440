// Parity in float64, rung by rung, against brute force: outputs and loss, gradient, curvature, ten update steps.
// Tolerance 1e-10 of the largest value: float64 rounds at 1.1e-16, and no sum here has more than some thousand
// terms of like size; the oracle's exponentials cancel to some 1e-13.

import { describe, expect, it } from "vitest";
import { createEngine, type OptimizerOptions, type SessionOptions } from "../../src/index.js";
import * as oracle from "../support/brute-force.js";
import { expectClose } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const TOLERANCE = 1e-10;
const ROWS = 5;
const networks = [
  [4, 4],
  [5, 3, 5],
  [6, 5, 3, 6],
  [5, 7, 2, 3, 5],
  [4, 3, 5, 2, 3, 4],
];
const activations = ["tanh", "relu", "sigmoid"] as const;
const optimizers: { options: OptimizerOptions; rule: () => oracle.Rule }[] = [
  { options: { name: "sgd", learningRate: 0.3 }, rule: () => oracle.rules.sgd(0.3) },
  { options: { name: "sgd", learningRate: 0.1, momentum: 0.8 }, rule: () => oracle.rules.sgd(0.1, 0.8) },
  {
    options: { name: "sgd", learningRate: 0.1, momentum: 0.8, nesterov: true },
    rule: () => oracle.rules.sgd(0.1, 0.8, true),
  },
  { options: { name: "adam", learningRate: 0.01 }, rule: () => oracle.rules.adam(0.01) },
  {
    options: { name: "adam", learningRate: 0.02, beta1: 0.7, beta2: 0.9, epsilon: 1e-3 },
    rule: () => oracle.rules.adam(0.02, 0.7, 0.9, 1e-3),
  },
  { options: { name: "rp", learningRate: 2 }, rule: () => oracle.rules.rp(2) },
  { options: { name: "rp", learningRate: 2, momentum: 0.7 }, rule: () => oracle.rules.rp(2, 0.7) },
  {
    options: { name: "rp", learningRate: 2, momentum: 0.7, nesterov: true },
    rule: () => oracle.rules.rp(2, 0.7, true),
  },
];

async function session(net: oracle.Net, w: Float64Array, optimizer: OptimizerOptions, batchSize = ROWS) {
  const engine = await createEngine("reference");
  const options: SessionOptions = { ...net, optimizer, parameters: w, batchSize };
  return engine.createSession(options);
}

for (const activation of activations) {
  for (const layerSizes of networks) {
    const net = { layerSizes, activation };
    const w = randomValues(oracle.countParameters(net), 7, -1.2, 1.2);
    const batch = randomValues(ROWS * layerSizes[0], 11, 0, 1);

    describe(`${layerSizes.join("-")} ${activation}`, () => {
      it("has the loss of the oracle, also over another number of rows", async () => {
        const s = await session(net, w, { name: "sgd", learningRate: 1 });
        expectClose([await s.evaluate(batch)], [oracle.loss(net, w, batch)], TOLERANCE, "loss");
        const rows = randomValues(123 * layerSizes[0], 13, 0, 1);
        expectClose([await s.evaluate(rows)], [oracle.loss(net, w, rows)], TOLERANCE, "loss of 123 rows");
      });

      it("has the gradient of finite differences", async () => {
        const s = await session(net, w, { name: "sgd", learningRate: 1 });
        const step = 1e-6;
        const differences = w.map((value, i) => {
          const at = (x: number) => oracle.loss(net, Object.assign(w.slice(), { [i]: x }), batch);
          return (at(value + step) - at(value - step)) / (2 * step);
        });
        // Central differences: rounding 1e-16 / 1e-6 and a third-derivative term of about 1e-12.
        expectClose(await s.gradient(batch), differences, 1e-7, "gradient against differences");
        expectClose(await s.gradient(batch), oracle.gradient(net, w, batch), TOLERANCE, "gradient");
      });

      it("has the curvature of the explicit Jacobian", async () => {
        const s = await session(net, w, { name: "sgd", learningRate: 1 });
        expectClose(await s.curvature(batch), oracle.curvature(net, w, batch), TOLERANCE, "curvature");
      });

      it.each(optimizers)("follows ten steps of $options", async ({ options, rule }) => {
        const s = await session(net, w, options);
        const expected = w.slice();
        const update = rule();
        for (let step = 0; step < 10; step++) {
          const input = randomValues(batch.length, 100 + step, 0, 1);
          const { loss, parametersFinite } = await s.step(input);
          expectClose([loss], [oracle.loss(net, expected, input)], 1e-8, `loss of step ${step}`);
          expect(parametersFinite).toBe(true);
          update(expected, oracle.gradient(net, expected, input), oracle.curvature(net, expected, input));
          // Steps compound rounding; these rates are stable, so by no more than some orders of ten.
          expectClose(s.parameters(), expected, 1e-8, `parameters after step ${step}`);
        }
      });

      it("bounds the Gauss-Newton quadratic from above", async () => {
        const s = await session(net, w, { name: "sgd", learningRate: 1 });
        const h = await s.curvature(batch);
        const J = oracle.jacobian(net, w, batch);
        for (let trial = 0; trial < 50; trial++) {
          const change = randomValues(w.length, 1000 + trial).map((x) => x ** 5); // some much larger than others
          const bound = change.reduce((sum, x, i) => sum + 0.5 * h[i] * x * x, 0);
          const gaussNewton =
            J.reduce((sum, row) => sum + row.reduce((dy, j, i) => dy + j * change[i], 0) ** 2, 0) / J.length;
          expect(bound).toBeGreaterThanOrEqual(gaussNewton * (1 - 1e-12));
        }
      });
    });
  }
}

it("bounds tightly: equal to the Gauss-Newton quadratic where one residual's changes have one sign", async () => {
  const net = { layerSizes: [1, 3, 1], activation: "tanh" as const };
  const w = randomValues(oracle.countParameters(net), 3);
  const batch = Float64Array.of(0.7);
  const s = await session(net, w, { name: "rp", learningRate: 1 }, 1);
  const h = await s.curvature(batch);
  const [row] = oracle.jacobian(net, w, batch);
  const change = row.map((j) => 0.3 * Math.sign(j));
  const bound = change.reduce((sum, x, i) => sum + 0.5 * h[i] * x * x, 0);
  const gaussNewton = row.reduce((dy, j, i) => dy + j * change[i], 0) ** 2;
  expect(bound / gaussNewton).toBeCloseTo(1, 12);
});

it("gives the update 0 to a parameter no output depends on", async () => {
  const net = { layerSizes: [3, 2, 3], activation: "relu" as const };
  const w = randomValues(oracle.countParameters(net), 3);
  w.set([-1, -1, -1], 0); // unit 0 is never active: its weights and bias cannot matter
  w[6] = -1;
  w.set([1, 1, 1], 3); // unit 1 always is
  w[7] = 1;
  const s = await session(net, w, { name: "rp", learningRate: 1 });
  const batch = randomValues(ROWS * 3, 5, 0, 1);
  expect(Array.from(await s.curvature(batch)).slice(0, 3)).toEqual([0, 0, 0]);
  await s.step(batch);
  expect(Array.from(s.parameters()).slice(0, 3)).toEqual([-1, -1, -1]);
  expect(Array.from(s.parameters()).slice(3, 6)).not.toEqual(Array.from(w).slice(3, 6));
});
