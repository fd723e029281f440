// Four ways to divide a gradient by a curvature, all w ← w − P⁻¹ ∂L/∂w without a tuned rate:
//   Newton              P = H
//   Jacobi              P = D, the plain diagonal of H
//   gradient descent    P = λ_max(H), the largest curvature in any direction
//   RP (eq. 6, λ = 1)   P = h
// A method is followed in the error e = w − w*: the gradient is H e, and the loss above its least value ½ eᵀ H e, which
// keeps all its digits however small it is.

import { cholesky, dot, multiply, solveCholesky } from "../linear-algebra.js";
import type { QuadraticModel } from "./model.js";

export const METHODS = ["newton", "jacobi", "gradient-descent", "rp"] as const;
export type Method = (typeof METHODS)[number];
export const METHOD_TITLES: Record<Method, string> = {
  newton: "Newton",
  jacobi: "Jacobi",
  "gradient-descent": "gradient descent",
  rp: "RP",
};

export interface Descent {
  /** w − w* before the first iteration and after each, [iterations + 1][unknowns]. */
  errors: Float64Array[];
  /** Of each, the loss above its least value. */
  losses: number[];
  /** Whether the last loss is above the first. */
  diverged: boolean;
}

/** Ends early where the loss is not finite any more; what was finite is kept. */
export function descend(
  model: QuadraticModel,
  start: Float64Array,
  method: Method,
  iterations: number,
): Descent {
  const stepOf = stepper(model, method);
  const errors: Float64Array[] = [];
  const losses: number[] = [];
  for (let error = start; errors.length <= iterations; ) {
    const gradient = multiply(model.hessian, error);
    const loss = dot(error, gradient) / 2;
    if (!Number.isFinite(loss)) break;
    errors.push(error);
    losses.push(loss);
    const step = stepOf(gradient);
    error = error.map((value, i) => value - step[i]);
  }
  return { errors, losses, diverged: losses[losses.length - 1] > losses[0] };
}

/** From a gradient to P⁻¹ times it. */
function stepper(model: QuadraticModel, method: Method): (gradient: Float64Array) => Float64Array {
  if (method === "newton") {
    const factor = cholesky(model.hessian, model.unknowns);
    return (gradient) => solveCholesky(factor, gradient);
  }
  const curvature = {
    jacobi: model.diagonal,
    "gradient-descent": model.diagonal.map(() => model.largest),
    rp: model.majorizer,
  }[method];
  // A curvature of 0 belongs to an unknown that no output depends on: the gradient is 0 too, and so is the step.
  return (gradient) => gradient.map((value, i) => (curvature[i] === 0 ? 0 : value / curvature[i]));
}
