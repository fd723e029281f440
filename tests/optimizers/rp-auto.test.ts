// The learning rate "auto": λ and μ against a dense solution from the explicit Jacobian, and on least squares against an
// exact line search.

import { describe, expect, it } from "vitest";
import { createEngine, type OptimizerOptions, type SessionOptions } from "../../src/index.js";
import type { ChosenRates } from "../../src/optimizers/optimizer.js";
import { chooseRates } from "../../src/optimizers/rp-auto.js";
import * as oracle from "../support/brute-force.js";
import { expectClose } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const ROWS = 5;
const auto: OptimizerOptions = { name: "rp", learningRate: "auto" };

async function sessionOf(
  net: oracle.Net,
  parameters: Float64Array | Float32Array,
  more: Partial<SessionOptions> = {},
) {
  const engine = await createEngine(parameters instanceof Float64Array ? "reference" : "native", {});
  return engine.createSession({ ...net, parameters, optimizer: auto, batchSize: ROWS, ...more });
}

/** The least point of model (1) along columns of changes of the outputs, by Gauss elimination with pivots. */
function leastPoint(columns: number[][], slopes: number[], seconds: number[]): number[] {
  const n = columns.length;
  const rows = columns.map((a) => [
    ...columns.map((b) => a.reduce((sum, x, s) => sum + seconds[s] * x * b[s], 0)),
    -a.reduce((sum, x, s) => sum + slopes[s] * x, 0),
  ]);
  for (let i = 0; i < n; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, at) => (Math.abs(row[i]) > Math.abs(rows[best][i]) ? i + at : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = rows[k][i] / rows[i][i];
      rows[k] = rows[k].map((value, j) => value - factor * rows[i][j]);
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

const times = (J: Float64Array[], v: ArrayLike<number>) =>
  J.map((row) => row.reduce((sum, value, i) => sum + value * v[i], 0));

describe.each<oracle.Net>([
  { layerSizes: [6, 5, 3, 6], activation: "tanh" },
  { layerSizes: [6, 5, 3, 6], activation: "sigmoid", loss: "cross-entropy" },
  { layerSizes: [5, 4, 5], activation: "relu", loss: "cross-entropy", curvatureBound: "boehning" },
])("$layerSizes $activation $loss", (net) => {
  const w = randomValues(oracle.countParameters(net), 7, -1, 1);
  const batches = Array.from({ length: 6 }, (_, step) =>
    randomValues(ROWS * net.layerSizes[0], 30 + step, 0, 1),
  );

  it("takes the least point of the model along RP's direction and the last update", async () => {
    const s = await sessionOf(net, w);
    const expected = w.slice();
    let previous: number[] | null = null;
    for (const batch of batches) {
      const { chosen } = await s.step(batch);
      const J = oracle.jacobian(net, expected, batch);
      const [g, h] = [oracle.gradient(net, expected, batch), oracle.curvature(net, expected, batch)];
      const down = Array.from(g, (value, i) => (h[i] === 0 ? 0 : -value / h[i]));
      const columns = [down, ...(previous ? [previous] : [])];
      const y = oracle.outputs(net, expected, batch);
      const [lambda, mu = 0] = leastPoint(
        columns.map((column) => times(J, column)),
        y.map((value, n) => oracle.slopeOf(net, value, batch[n])),
        y.map((value) => oracle.secondOf(net, value)),
      );
      expectClose([chosen?.learningRate ?? 0, chosen?.momentum ?? 0], [lambda, mu], 1e-7, "rates");
      const change = down.map((d, i) => lambda * d + (previous ? mu * previous[i] : 0));
      change.forEach((value, i) => {
        expected[i] += value;
      });
      previous = change;
      expectClose(s.parameters(), expected, 1e-7, "parameters");
    }
  });

  it("takes the same steps on the native kernels", async () => {
    const single = await sessionOf(net, Float32Array.from(w));
    const double = await sessionOf(net, Float64Array.from(Float32Array.from(w)));
    for (const batch of batches) {
      const input = Float32Array.from(batch);
      const [got, want] = [await single.step(input), await double.step(Float64Array.from(input))];
      // Two directions that are nearly one magnify float32's rounding.
      expectClose([got.chosen?.learningRate ?? 0], [want.chosen?.learningRate ?? 0], 1e-3, "λ");
    }
    expectClose(single.parameters(), double.parameters(), 1e-3, "parameters");
  });
});

it("is the exact line search along RP's direction on least squares, and then the search of a plane", async () => {
  const net: oracle.Net = { layerSizes: [5, 5], activation: "tanh" };
  const w = randomValues(oracle.countParameters(net), 3, -1, 1);
  const batch = randomValues(ROWS * 5, 4, 0, 1);
  const s = await sessionOf(net, w);
  const [g, h] = [await s.gradient(batch), await s.curvature(batch)];
  const d = g.map((value, i) => value / h[i]);
  const { chosen } = await s.step(batch);
  const lambda = chosen?.learningRate ?? 0;
  expect(chosen?.momentum).toBe(0);
  const at = (rate: number) =>
    oracle.loss(
      net,
      w.map((value, i) => value - rate * d[i]),
      batch,
    );
  // The loss along d is a parabola: its least point from three of its values.
  const [a, b, c] = [at(0), at(1), at(2)];
  expect(lambda).toBeCloseTo((4 * b - 3 * a - c) / (2 * (2 * b - a - c)), 6);
  expect(at(lambda)).toBeLessThan(Math.min(at(0.99 * lambda), at(1.01 * lambda)));
  // Afterwards the gradient is orthogonal to the plane that was searched.
  const before = s.parameters();
  const direction = (await s.gradient(batch)).map((value, i) => value / h[i]);
  const last = before.map((value, i) => value - w[i]);
  await s.step(batch);
  const after = await s.gradient(batch);
  const cosine = (v: ArrayLike<number>) => {
    let [product, own, other] = [0, 0, 0];
    after.forEach((value, i) => {
      product += value * v[i];
      own += value * value;
      other += v[i] * v[i];
    });
    return product / Math.sqrt(own * other);
  };
  expect(Math.abs(cosine(direction))).toBeLessThan(1e-10);
  expect(Math.abs(cosine(last))).toBeLessThan(1e-10);
});

describe("chooseRates", () => {
  const chosen: ChosenRates = { learningRate: -1, momentum: -1 };
  it.each<[string, number[], ChosenRates]>([
    ["solves two equations", [2, 1, 3, 4, 1], { learningRate: 2.2, momentum: 0.4 }], // 2λ − μ = 4, −λ + 3μ = −1
    ["searches a line where there was no update", [2, 0, 0, 4, 0], { learningRate: 2, momentum: 0 }],
    ["and where both directions are one", [2, 4, 8, 4, 8], { learningRate: 2, momentum: 0 }],
    ["stays where no output changes", [0, 0, 0, 0, 0], { learningRate: 0, momentum: 0 }],
    ["stays where only the last update would change one", [0, 0, 3, 0, 1], { learningRate: 0, momentum: 0 }],
  ])("%s", (_, sums, expected) => {
    chooseRates(sums, chosen);
    expect(chosen.learningRate).toBeCloseTo(expected.learningRate, 14);
    expect(chosen.momentum).toBeCloseTo(expected.momentum, 14);
  });

  it("lets what is not finite be found in the parameters", () => {
    chooseRates([Number.NaN, 1, 3, 4, 1], chosen);
    expect(chosen.learningRate).toBeNaN();
  });
});
