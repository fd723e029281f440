// The objective is the mean over the S values of a batch's outputs of a loss L(y, t), where y is an output of the network,
// which is linear, and t its target, the pixel. RP needs a number L'' ≥ 0 for every output that bounds the loss from above,
//   L(y + Δ) ≤ L(y) + L'(y) Δ + ½ L'' Δ²  for every Δ,
// or, with the exact second derivative, does so only for small Δ.
//
// mse            L = (y − t)²,  L' = 2 (y − t),  L'' = 2: an equality.
// cross-entropy  The pixel is the mean of a Bernoulli variable, y = z its logit, σ(z) = 1 / (1 + e^−z):
//   L   = −t log σ(z) − (1 − t) log(1 − σ(z)) = log(1 + e^z) − t z = max(z, 0) − t z + log1p(e^−|z|)
//   L'  = σ(z) − t,  and of L'' there are three kinds, none of which depends on t:
//   jaakkola-jordan  tanh(|z|/2) / (2 |z|), ¼ at 0: bounds the loss at every Δ, and no smaller number does so for every
//                    sign of Δ. Jaakkola and Jordan, Bayesian parameter estimation via variational methods, Statistics
//                    and Computing 10 (2000), 25–37: log(1 + e^z) − z/2 is a concave function of z².
//   boehning         ¼, the greatest second derivative: bounds it too, and is looser where |z| is large. Böhning,
//                    Multinomial logistic regression algorithm, Annals of the Institute of Statistical Mathematics 44
//                    (1992), 197–200.
//   exact            σ(z) (1 − σ(z)), the second derivative: bounds nothing, and vanishes where an output saturates.
// docs/method.md says why the first keeps eq. (3) a bound on the true loss.

import { z } from "zod";

export const LOSSES = ["mse", "cross-entropy"] as const;
export type Loss = (typeof LOSSES)[number];
export const CURVATURE_BOUNDS = ["jaakkola-jordan", "exact", "boehning"] as const;
/** What stands for L'' of the cross-entropy. */
export type CurvatureBound = (typeof CURVATURE_BOUNDS)[number];

export const lossSchema = z.enum(LOSSES, { error: `must be one of ${LOSSES.join(", ")}` });
export const curvatureBoundSchema = z.enum(CURVATURE_BOUNDS, {
  error: `must be one of ${CURVATURE_BOUNDS.join(", ")}`,
});

/** What axes and texts call each loss. */
export const LOSS_TITLES: Record<Loss, string> = {
  mse: "mean squared error",
  "cross-entropy": "cross-entropy",
};

/** L'' of the mean squared error. */
export const SECOND_DERIVATIVE = 2;

/** L, L' and L'' of one output. */
export interface Objective {
  value(output: number, target: number): number;
  slope(output: number, target: number): number;
  curvature(output: number): number;
}

const squaredError: Objective = {
  value: (y, t) => (y - t) * (y - t),
  slope: (y, t) => 2 * (y - t),
  curvature: () => SECOND_DERIVATIVE,
};

/** Below it the quotient's series, ¼ − z²/48 + z⁴/480, is exact after two terms, and its denominator may be 0. */
export const SMALL_LOGIT = 1e-4;

const curvatureOfLogit: Record<CurvatureBound, (z: number) => number> = {
  "jaakkola-jordan"(z) {
    const size = Math.abs(z);
    return size < SMALL_LOGIT ? 0.25 - (size * size) / 48 : Math.tanh(size / 2) / (2 * size);
  },
  exact(z) {
    const e = Math.exp(-Math.abs(z));
    return e / ((1 + e) * (1 + e));
  },
  boehning: () => 0.25,
};

export function objectiveOf(loss: Loss, curvatureBound: CurvatureBound): Objective {
  if (loss === "mse") return squaredError;
  return {
    value: (z, t) => Math.max(z, 0) - t * z + Math.log1p(Math.exp(-Math.abs(z))),
    slope: (z, t) => sigmoid(z) - t,
    curvature: curvatureOfLogit[curvatureBound],
  };
}

/** σ(z), without overflow. */
export function sigmoid(z: number): number {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}
