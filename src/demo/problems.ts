// Least-squares problems, from diagonally dominant to strongly coupled.

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import type { Range } from "../figures/charts/axes.js";
import { stream } from "../random/streams.js";
import { type QuadraticModel, quadraticModel } from "./model.js";

/** Unknowns of the problems whose loss is followed. */
const MANY = 200;
/** Their columns' norms, from 1 down to this, so that one rate for all unknowns suits few of them. */
const LEAST_NORM = 0.25;
const SAMPLES = 2000;

export interface Problem {
  name: string;
  /** What it is, in words. */
  title: string;
  model: QuadraticModel;
  /** w − w* before the first iteration. */
  start: Float64Array;
}

/** A problem whose paths are drawn in a plane. */
export interface PlaneProblem extends Problem {
  /** Two orthonormal directions that span the plane, the x and the y axis of its picture. */
  plane: readonly [Float64Array, Float64Array];
  axes: readonly [string, string];
  /** Ends the line that says what Jacobi's method does here. */
  note: string;
  /** What of it the picture shows. */
  view: { x: Range; y: Range };
}

/**
 * The design with D^-½ H D^-½ = (1 − c) I + c 1 1ᵀ: the positive square root of this correlation matrix, its columns
 * scaled. The scaled Hessian's eigenvalues are 1 + (n − 1) c, of the vector 1, and 1 − c.
 *
 * @param correlation c, from 0 to below 1
 * @param norms of the columns
 * @returns [norms.length × norms.length]
 */
export function equicorrelatedDesign(correlation: number, norms: readonly number[]): Float64Array {
  const n = norms.length;
  const own = Math.sqrt(1 - correlation);
  const shared = (Math.sqrt(1 + (n - 1) * correlation) - own) / n;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    return norms[column] * (shared + (row === column ? own : 0));
  });
}

/** Rows of independent values, uniform in −norm..norm of their column. */
export function randomDesign(rows: number, norms: readonly number[], seed: number): Float64Array {
  const values = uniformValues(rows * norms.length, seed, 0);
  return values.map((value, at) => value * norms[at % norms.length]);
}

function uniformValues(count: number, seed: number, index: number): Float64Array {
  const random = stream(seed, "demo", index);
  return Float64Array.from({ length: count }, () => 2 * uniformFloat64(random) - 1);
}

/**
 * Three unknowns in the plane of two eigenvectors of H, and two unknowns, which are a plane.
 *
 * @param ofTwo the correlation of the two
 */
export function planeProblems(correlation: number, ofTwo = 0.99): PlaneProblem[] {
  const third = 1 / Math.sqrt(3);
  const half = 1 / Math.sqrt(2);
  const flat = Float64Array.of(half, -half, 0); // eigenvalue 1 − c of the correlation matrix
  const steep = Float64Array.of(third, third, third); // 1 + 2c
  return [
    {
      name: "equicorrelated-3",
      title: `3 unknowns, correlation ${correlation}`,
      model: quadraticModel(equicorrelatedDesign(correlation, [1, 1, 1]), 3),
      start: flat.map((value, i) => value + 0.2 * steep[i]),
      plane: [flat, steep],
      axes: ["along (1, −1, 0)", "along (1, 1, 1)"],
      note: "; RP takes gradient descent's path", // all of H ≥ 0 and all its rows alike: h_i = Σ_j H_ij = λ_max(H)
      view: { x: { min: -0.2, max: 1.2 }, y: { min: -0.55, max: 0.55 } },
    },
    {
      name: "equicorrelated-2",
      title: `2 unknowns, correlation ${ofTwo}`,
      model: quadraticModel(equicorrelatedDesign(ofTwo, [0.5, 1]), 2),
      start: Float64Array.of(2, -0.7),
      plane: [Float64Array.of(1, 0), Float64Array.of(0, 1)],
      axes: ["first unknown", "second unknown"],
      note: ", as ever in two dimensions",
      view: { x: { min: -0.3, max: 2.3 }, y: { min: -1.4, max: 0.7 } },
    },
  ];
}

/** Of 200 unknowns each, started at random. */
export function manyUnknowns(seed: number): Problem[] {
  const norms = Array.from({ length: MANY }, (_, i) => LEAST_NORM ** (i / (MANY - 1)));
  const start = uniformValues(MANY, seed, 1);
  const problem = (name: string, title: string, design: Float64Array): Problem => ({
    ...{ name, title, start, model: quadraticModel(design, MANY) },
  });
  const correlated = (name: string, correlation: number): Problem =>
    problem(name, `${MANY} unknowns, correlation ${correlation}`, equicorrelatedDesign(correlation, norms));
  return [
    correlated("dominant-200", 0.002),
    problem("random-200", `${MANY} unknowns, ${SAMPLES} random rows`, randomDesign(SAMPLES, norms, seed)),
    correlated("coupled-200", 0.02),
  ];
}
