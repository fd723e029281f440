// Residual partitioning (Lawton, Ver Steeg, Galstyan), exact:
//   w ← w − λ g / h,   h_i = (1/S) Σ_s L''_s |J_si| R_s,   R_s = Σ_i' |J_si'|        (eq. 6)
// h_i = 0 only where no output depends on w_i, so g_i = 0 too and the update is 0; no ε is needed.
// h bounds the Gauss-Newton curvature from above, so a step with λ = 1 is safe but small: λ > 1 is tuned.
//
// Momentum (our extension) averages the preconditioned direction d = g / h:
//   m ← μ m + (1 − μ) d
//   w ← w − λ m                 Nesterov: w ← w − λ (μ m + (1 − μ) d) with the new m
//
// Sampled curvature (our extension) estimates h from m of the K outputs, drawn anew each step, the same for all samples
// of the batch; and a moving average h̄ ← β h̄ + (1 − β) h, begun at the first h, may take its place. Then |Δw_i| is no
// longer bounded as in the exact case, and h = 0 gives the update 0 also where g ≠ 0.
// Deviations from the poster: docs/method.md.

import { z } from "zod";
import { defineOptimizer } from "./definition.js";
import { createMomentum, decaySchema, momentumNeeded, momentumSettings, momentumWords } from "./options.js";

export const rp = defineOptimizer({
  name: "rp",
  title: "RP",
  settings: {
    /** "exact", or how many outputs to draw each step. */
    curvature: z
      .union(
        [
          z.literal("exact"),
          z.strictObject({ outputs: z.int("must be a whole number").min(1, "must be at least 1") }),
        ],
        { error: 'must be "exact" or { "outputs": a count of at least 1 }' },
      )
      .default("exact"),
    /** β of the moving average of h; 0: none. */
    curvatureDecay: decaySchema.default(0),
    ...momentumSettings,
  },
  rule: momentumNeeded,
  label: ({ curvature }) => (curvature === "exact" ? "rp" : `rp-sampled${curvature.outputs}`),
  words: ({ curvature, curvatureDecay, ...options }) => [
    ...momentumWords(options),
    ...(curvature === "exact" ? [] : [`${curvature.outputs} outputs`]),
    ...(curvatureDecay > 0 ? [`decay ${curvatureDecay}`] : []),
  ],
  create(options, state) {
    const momentum = createMomentum(options, state);
    const average = { buffer: options.curvatureDecay > 0 ? state() : null, decay: 0, safeguard: false };
    return {
      needsCurvature: true,
      update({ kernels, parameters, gradient, curvature }) {
        const { learningRate } = options;
        const finite = kernels.residualPartitioning(
          parameters,
          gradient,
          curvature,
          learningRate,
          momentum,
          average,
          1,
        );
        average.decay = options.curvatureDecay; // the first step began the average
        return finite;
      },
    };
  },
});
