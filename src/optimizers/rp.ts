// Residual partitioning (Lawton, Ver Steeg, Galstyan), exact:
//   w ← w − λ g / h,   h_i = (1/S) Σ_s L''_s |J_si| R_s,   R_s = Σ_i' |J_si'|        (eq. 6)
// h_i = 0 only where no output depends on w_i, so g_i = 0 too and the update is 0; no ε is needed.
// h bounds the Gauss-Newton curvature from above, so a step with λ = 1 is safe but small: λ > 1 is tuned.
//
// Momentum (our extension) averages the preconditioned direction d = g / h:
//   m ← μ m + (1 − μ) d
//   w ← w − λ m                 Nesterov: w ← w − λ (μ m + (1 − μ) d) with the new m
// Deviations from the poster: docs/method.md.

import { z } from "zod";
import type { Optimizer, StateFactory } from "./optimizer.js";
import {
  learningRateSchema,
  momentumSchema,
  nesterovHasMomentum,
  nesterovSchema,
  nesterovWithoutMomentum,
} from "./options.js";

export const rpSchema = z
  .strictObject({
    name: z.literal("rp"),
    learningRate: learningRateSchema,
    curvature: z.literal("exact", 'must be "exact"').default("exact"),
    momentum: momentumSchema,
    nesterov: nesterovSchema,
  })
  .refine(nesterovHasMomentum, nesterovWithoutMomentum);

export function createRp(options: z.output<typeof rpSchema>, state: StateFactory): Optimizer {
  const momentum = {
    buffer: options.momentum > 0 ? state() : null,
    coefficient: options.momentum,
    nesterov: options.nesterov,
  };
  return {
    needsCurvature: true,
    update: ({ kernels, parameters, gradient, curvature }) =>
      kernels.residualPartitioning(parameters, gradient, curvature, options.learningRate, momentum),
  };
}
