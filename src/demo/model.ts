// What the methods need to know of a least-squares problem. Outputs y = J w are linear in the unknowns, so the design
// matrix is the Jacobian J, the model of eq. (1) and (2) is the objective itself, and nothing here is an approximation.

import { largestEigenvalue } from "../linear-algebra.js";
import { SECOND_DERIVATIVE } from "../model/objective.js";

export interface QuadraticModel {
  unknowns: number;
  /** H = (1/S) Σ_s L'' J_si J_sj, [unknowns × unknowns]. */
  hessian: Float64Array;
  /** D, the diagonal of H. */
  diagonal: Float64Array;
  /** h of eq. (6): diag(h) − H is positive semidefinite. */
  majorizer: Float64Array;
  /** λ_max(H) */
  largest: number;
  /** λ_max(D^-½ H D^-½); Jacobi's method diverges exactly where it is above 2. */
  scaledLargest: number;
  /** Σ_j≠i |H_ij| < H_ii for every i, which keeps Jacobi's method from diverging, but is not necessary for that. */
  dominant: boolean;
}

/** @param design J, [rows × unknowns] row-major; its rows are the S residuals. */
export function quadraticModel(design: Float64Array, unknowns: number): QuadraticModel {
  const rows = design.length / unknowns;
  const weight = SECOND_DERIVATIVE / rows;
  const hessian = new Float64Array(unknowns * unknowns);
  const majorizer = new Float64Array(unknowns);
  for (let s = 0; s < rows; s++) {
    const row = design.subarray(s * unknowns, (s + 1) * unknowns);
    const absoluteSum = row.reduce((sum, value) => sum + Math.abs(value), 0); // R_s
    for (let i = 0; i < unknowns; i++) {
      for (let j = 0; j <= i; j++) hessian[i * unknowns + j] += weight * row[i] * row[j];
      majorizer[i] += weight * Math.abs(row[i]) * absoluteSum;
    }
  }
  for (let i = 0; i < unknowns; i++) {
    for (let j = 0; j < i; j++) hessian[j * unknowns + i] = hessian[i * unknowns + j];
  }
  const diagonal = majorizer.map((_, i) => hessian[i * unknowns + i]);
  const scales = diagonal.map((value) => (value === 0 ? 0 : 1 / Math.sqrt(value)));
  const scaled = hessian.map(
    (value, at) => value * scales[Math.floor(at / unknowns)] * scales[at % unknowns],
  );
  return {
    ...{ unknowns, hessian, diagonal, majorizer },
    largest: largestEigenvalue(hessian, unknowns),
    scaledLargest: largestEigenvalue(scaled, unknowns),
    dominant: diagonal.every((value, i) => {
      const row = hessian.subarray(i * unknowns, (i + 1) * unknowns);
      return row.reduce((sum, entry) => sum + Math.abs(entry), -value) < value;
    }),
  };
}

/** By the eigenvalue; next to 2 an error decays or grows too slowly to tell from one that does neither. */
export function fateOfJacobi({ scaledLargest }: QuadraticModel): string {
  if (Math.abs(scaledLargest - 2) < 1e-9) return "neither converges nor diverges";
  return scaledLargest > 2 ? "diverges" : "converges";
}
