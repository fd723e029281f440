// Residual partitioning (Lawton, Ver Steeg, Galstyan), exact:
//   w ← w − λ g / h,   h_i = (1/S) Σ_s L''_s |J_si| R_s,   R_s = Σ_i' |J_si'|        (eq. 6)
// h_i = 0 only where no output depends on w_i, so g_i = 0 too and the update is 0; no ε is needed.
// h bounds the Gauss-Newton curvature from above, so a step with λ = 1 is safe but small: λ > 1 is tuned.
//
// All that follows is our extension. With d the direction, g / h above, and q the denominator, h above:
//
// Momentum averages the direction:
//   m ← μ m + (1 − μ) d
//   w ← w − λ m                 Nesterov: w ← w − λ (μ m + (1 − μ) d) with the new m
//
// Sampled curvature estimates h from m of the K outputs, drawn anew each step, the same for all samples of the batch; and
// a moving average h̄ ← β h̄ + (1 − β) h, begun at the first h, may take its place, q = h̄. Then |Δw_i| is no longer
// bounded as in the exact case, and q = 0 gives the update 0 also where g ≠ 0.
//
// Safeguard: q = max(h, h̄) with the new average h̄. The average smooths the sample, and a step's own bound is never undercut by it.
//
// Exponent p, 0 ≤ p ≤ 1, between gradient descent (0) and RP (1), as Padam has it for Adam:
//   d_i = g_i / (q̄ (q_i / q̄)^p),   q̄ the mean of q over all parameters
//
// Warm-up: λ_t rises to λ over the first steps (src/optimizers/options.ts). Learning rate "auto": src/optimizers/rp-auto.ts.
// Deviations from the poster: docs/method.md.

import { z } from "zod";
import type { CurvatureAverage } from "../kernels/kernels.js";
import { defineOptimizer } from "./definition.js";
import { curvatureSchema, curvatureWords, sampledLabel } from "./diagonal.js";
import {
  AUTO,
  createMomentum,
  createRate,
  decaySchema,
  momentumNeeded,
  momentumSettings,
  momentumWords,
  warmupSettings,
  warmupWords,
} from "./options.js";
import { createAutomatic } from "./rp-auto.js";

export const rp = defineOptimizer({
  name: "rp",
  title: "RP",
  auto: true,
  settings: {
    /** "exact", or how many outputs to draw each step. */
    curvature: curvatureSchema.default("exact"),
    /** β of the moving average of h; 0: none. */
    curvatureDecay: decaySchema.default(0),
    /** Divide by the greater of h and its average. */
    safeguard: z.boolean("must be true or false").default(false),
    /** p */
    exponent: z
      .number("must be a number from 0 to 1")
      .min(0, "must be from 0 to 1")
      .max(1, "must be from 0 to 1")
      .default(1),
    ...momentumSettings,
    ...warmupSettings,
  },
  rules: [
    {
      holds: ({ learningRate, momentum, nesterov, warmupSteps }) =>
        learningRate !== AUTO || (momentum === 0 && !nesterov && warmupSteps === 0),
      complaint: {
        path: ["learningRate"],
        message:
          '"auto" computes momentum, too, and needs no warm-up; leave out momentum, nesterov and warmupSteps',
      },
    },
    momentumNeeded,
    {
      holds: ({ safeguard, curvatureDecay }) => !safeguard || curvatureDecay > 0,
      complaint: {
        path: ["safeguard"],
        message: "needs an average, a curvatureDecay above 0 (--curvature-decay)",
      },
    },
  ],
  label: ({ curvature }) => sampledLabel("rp", curvature),
  words: ({ curvature, curvatureDecay, safeguard, exponent, ...options }) => [
    ...momentumWords(options),
    ...curvatureWords(curvature),
    ...(curvatureDecay > 0 ? [`decay ${curvatureDecay}`] : []),
    ...(safeguard ? ["safeguard"] : []),
    ...(exponent === 1 ? [] : [`exponent ${exponent}`]),
    ...warmupWords(options),
  ],
  create({ learningRate, curvatureDecay, safeguard, exponent, ...options }, state) {
    const average: CurvatureAverage = {
      ...{ buffer: curvatureDecay > 0 ? state() : null, decay: 0, safeguard },
    };
    if (learningRate === AUTO) return createAutomatic({ curvatureDecay, exponent }, average, state);
    const momentum = createMomentum(options, state);
    const rate = createRate({ learningRate, ...options });
    return {
      needsCurvature: true,
      update({ kernels, parameters, gradient, curvature, step }) {
        average.decay = step === 1 ? 0 : curvatureDecay; // the first step begins the average
        return kernels.residualPartitioning(
          parameters,
          gradient,
          curvature,
          rate(step),
          momentum,
          average,
          exponent,
        );
      },
    };
  },
});
