// The diagonals and products of an audit against brute force, which shares no code with them.

import { describe, expect, it } from "vitest";
import {
  boundAndDiagonal,
  curvatureAlong,
  outputsAlong,
  stableLambda,
  weighted,
} from "../../src/audit/gauss-newton.js";
import { hessianDiagonal } from "../../src/audit/hessian.js";
import { createModel, type Model, runModel } from "../../src/audit/model.js";
import * as oracle from "../support/brute-force.js";
import { expectClose } from "../support/compare.js";
import { symmetricEigenvalues } from "../support/eigenvalues.js";
import { randomValues } from "../support/random.js";

/** Float64 rounds at 1.1e-16 and no sum here has more than some thousand terms; the oracle's exponentials cancel to 1e-13. */
const TOLERANCE = 1e-10;
const ROWS = 4;
const pause = async () => {};
const networks = [
  [4, 4],
  [5, 3, 5],
  [6, 5, 3, 6],
  [4, 3, 5, 2, 4],
];

function setUp(net: oracle.Net): { w: Float64Array; batch: Float64Array; model: Model; loss: number } {
  const w = randomValues(oracle.countParameters(net), 7, -1.2, 1.2);
  const batch = randomValues(ROWS * net.layerSizes[0], 11, 0, 1);
  const model = createModel(net.layerSizes, net.activation, ROWS);
  return { w, batch, model, loss: runModel(model, w, batch) };
}

for (const activation of ["tanh", "relu", "sigmoid"] as const) {
  describe.each(networks.map((layerSizes) => ({ layerSizes, activation })))(
    "$layerSizes $activation",
    (net) => {
      const { w, batch, model, loss } = setUp(net);
      const J = oracle.jacobian(net, w, batch);

      it("has the loss of the oracle", () => {
        expect(loss).toBeCloseTo(oracle.loss(net, w, batch), 12);
      });

      it("has h and the Gauss-Newton diagonal of the explicit Jacobian, h nowhere below it", async () => {
        const { h, gaussNewton } = await boundAndDiagonal(model, pause);
        const expected = w.map((_, i) => J.reduce((sum, row) => sum + 2 * row[i] ** 2, 0) / J.length);
        expectClose(gaussNewton, expected, TOLERANCE, "Gauss-Newton diagonal");
        expectClose(h, oracle.curvature(net, w, batch), TOLERANCE, "h");
        for (let i = 0; i < h.length; i++) expect(h[i]).toBeGreaterThanOrEqual(gaussNewton[i]);
      });

      it("has the Hessian diagonal of central differences of the gradient", async () => {
        const step = 1e-5;
        const differences = w.map((value, i) => {
          const at = (x: number) => oracle.gradient(net, Object.assign(w.slice(), { [i]: x }), batch)[i];
          return (at(value + step) - at(value - step)) / (2 * step);
        });
        // Rounding 1e-16 / 1e-5 = 1e-11, and a third-derivative term of the gradient, 1e-10 times some ten.
        expectClose(await hessianDiagonal(model, pause), differences, 1e-8, "Hessian diagonal");
      });

      it("has the outputs' derivative and the quadratic form of the explicit Jacobian", () => {
        const v = randomValues(w.length, 17);
        const Jv = J.map((row) => row.reduce((sum, j, i) => sum + j * v[i], 0));
        expectClose(outputsAlong(model, v), Jv, TOLERANCE, "J v");
        const quadratic = (2 * Jv.reduce((sum, dy) => sum + dy * dy, 0)) / J.length;
        expect(curvatureAlong(model, v) / quadratic).toBeCloseTo(1, 10);
      });

      it("has the largest stable λ of the explicit matrix, at least 2", async () => {
        const h = oracle.curvature(net, w, batch);
        const g = oracle.gradient(net, w, batch);
        const stable = (await stableLambda(model, g, h, pause)) ?? 0;
        // A matrix of rank 24 at most, where 25 products leave no more than rounding.
        expect(stable * largestEigenvalue(J, h)).toBeCloseTo(2, 9);
        expect(stable).toBeGreaterThanOrEqual(2 - 1e-9);
      });
    },
  );
}

/** Of H^-½ G H^-½, as that of (L''/S) J H⁻¹ Jᵀ [S × S], which has the same but for zeros. */
function largestEigenvalue(J: Float64Array[], h: Float64Array): number {
  const scaled = J.map((row) => row.map((j, i) => (h[i] === 0 ? 0 : j / Math.sqrt(h[i]))));
  const products = scaled.flatMap((row) =>
    scaled.map((other) => (2 / J.length) * row.reduce((sum, value, i) => sum + value * other[i], 0)),
  );
  return symmetricEigenvalues(Float64Array.from(products), J.length).at(-1)?.value ?? Number.NaN;
}

it("has h tight where every |Δw_i| is the same and the products J_si Δw_i of one sign, not where those are equal", () => {
  const J = Float64Array.of(1, -2, 4); // of one output, y = J w
  const h = J.map((j) => 2 * Math.abs(j) * 7);
  const boundOver = (change: number[]) => {
    const dy = change.reduce((sum, dw, i) => sum + J[i] * dw, 0);
    return weighted(Float64Array.from(change), h) / (2 * dy * dy);
  };
  expect(boundOver([3, -3, 3])).toBeCloseTo(1, 14);
  expect(boundOver([4, -2, 1])).toBeGreaterThan(1.3); // shares of 4 each: 7 · (16 + 2 · 4 + 4) / 144
});

it("has the Hessian equal Gauss-Newton's where the outputs are linear in the parameters, and not elsewhere", async () => {
  for (const [layerSizes, equal] of [
    [[4, 4], true],
    [[4, 3, 4], false],
  ] as const) {
    const { model } = setUp({ layerSizes: [...layerSizes], activation: "tanh" });
    const { gaussNewton } = await boundAndDiagonal(model, pause);
    const hessian = await hessianDiagonal(model, pause);
    const apart = Math.max(...hessian.map((value, i) => Math.abs(value - gaussNewton[i])));
    if (equal) expect(apart).toBeLessThan(1e-15);
    else expect(apart).toBeGreaterThan(1e-3);
  }
});

it("has no stable λ where the gradient is 0", async () => {
  const { model, w } = setUp({ layerSizes: [4, 4], activation: "tanh" });
  expect(
    await stableLambda(
      model,
      w.map(() => 0),
      w.map(() => 1),
      pause,
    ),
  ).toBeNull();
});
