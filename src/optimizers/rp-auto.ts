// RP with the learning rate "auto": λ and μ are computed anew at each step (our extension). With d the direction of RP and
// p the last update, the step is
//   Δw = −λ d + μ p,   (λ, μ) the least point of model (1) on the batch along these two directions
// With u = J d and v = J p, which are changes of the outputs, model (1) is
//   M(λ, μ) = (1/S) Σ_s L'_s (μ v_s − λ u_s) + ½ L''_s (μ v_s − λ u_s)²
// and with A = Σ L'' u² / S, B = Σ L'' u v / S, C = Σ L'' v² / S, D = Σ L' u / S, E = Σ L' v / S its least point solves
//   A λ − B μ = D,   −B λ + C μ = −E
// Where p is 0, as at the first step, or J p almost a multiple of J d, μ = 0 and λ = D / A.
// So K-FAC chooses its rates (Martens and Grosse, Optimizing neural networks with Kronecker-factored approximate curvature,
// ICML 2015, section 7), with damping, which the bound makes unnecessary. It costs two products with the Jacobian, each
// about a forward pass.

import type { CurvatureAverage } from "../kernels/kernels.js";
import type { ChosenRates, Optimizer, StateFactory } from "./optimizer.js";

interface Options {
  curvatureDecay: number;
  exponent: number;
}

/** Of the determinant over A C, the squared sine of the angle between J d and J p: below it they count as one direction. */
const PARALLEL = 1e-9;

/** @param average of the curvature */
export function createAutomatic(
  { curvatureDecay, exponent }: Options,
  average: CurvatureAverage,
  state: StateFactory,
): Optimizer {
  const [direction, previous] = [state(), state()];
  const [first, second] = [state("outputs"), state("outputs")];
  const sums = new Float64Array(5);
  const chosen: ChosenRates = { learningRate: 0, momentum: 0 };
  return {
    needsCurvature: true,
    chosen,
    update({ kernels, parameters, gradient, curvature, inputs, rows, step }) {
      const begun = step > 1;
      average.decay = begun ? curvatureDecay : 0; // the first step begins the average
      kernels.rpDirection(gradient, curvature, average, exponent, direction);
      kernels.jacobianProduct(parameters, inputs, rows, direction, first);
      if (begun) kernels.jacobianProduct(parameters, inputs, rows, previous, second);
      kernels.quadraticModel(inputs, rows, first, begun ? second : null, sums);
      chooseRates(sums, chosen);
      return kernels.moveAlong(parameters, direction, previous, chosen.learningRate, chosen.momentum);
    },
  };
}

/** Solves the system; `sums` are A, B, C, D, E. What is not finite stays so, and is found in the parameters. */
export function chooseRates(sums: ArrayLike<number>, chosen: ChosenRates): void {
  const [A, B, C, D, E] = [sums[0], sums[1], sums[2], sums[3], sums[4]];
  const determinant = A * C - B * B;
  if (C === 0 || determinant <= PARALLEL * A * C) {
    chosen.learningRate = A === 0 ? 0 : D / A;
    chosen.momentum = 0;
    return;
  }
  chosen.learningRate = (C * D - B * E) / determinant;
  chosen.momentum = (B * D - A * E) / determinant;
}
