// Sophia (Liu, Li, Hall, Liang and Ma, Sophia: a scalable stochastic second-order optimizer for language model pre-training,
// ICLR 2024, algorithm 3), with the exact diagonal of the Gauss-Newton matrix in the place of Sophia-G's estimate of it from
// labels that are drawn from the model:
//   every curvatureInterval steps   h ← β₂ h + (1 − β₂) (1/S) Σ_s L''_s J_si²
//   m ← β₁ m + (1 − β₁) g
//   w ← w − λ_t η w                 η the weight decay
//   w ← w − λ_t clip(m / max(γ h, ε), 1)
// clip(x, 1) keeps x within −1..1, so no parameter moves by more than λ. An earlier version of the paper writes
// clip(m / max(h, ε), ρ), which is the same with γ = ρ, and λ multiplied by ρ. No bias is corrected, as in the paper. λ_t is
// λ, or rises to it over the first warmupSteps steps (src/optimizers/options.ts). h can be estimated from a sample of the
// outputs, as RP's. Unlike in the paper, whose language models took 0.2, the weight decay is 0 unless it is given.

import { z } from "zod";
import { defineOptimizer } from "./definition.js";
import { curvatureSchema, curvatureWords, intervalSchema, intervalWords, sampledLabel } from "./diagonal.js";
import { epsilonSchema, momentWords, weightDecaySchema, weightDecayWords } from "./moments.js";
import { isRenewed } from "./optimizer.js";
import { createRate, decaySchema, FLOAT32_LEAST, warmupSettings, warmupWords } from "./options.js";

/** The paper's, for Sophia-G. */
const USUAL = { beta1: 0.96, beta2: 0.99, epsilon: 1e-12 };
const [GAMMA, INTERVAL] = [0.05, 10];

export const sophia = defineOptimizer({
  name: "sophia",
  title: "Sophia",
  settings: {
    curvature: curvatureSchema.default("exact"),
    curvatureInterval: intervalSchema.default(INTERVAL),
    beta1: decaySchema.default(USUAL.beta1),
    beta2: decaySchema.default(USUAL.beta2),
    /** The smaller it is, the more parameters take a clipped step. */
    gamma: z
      .number("must be a positive number")
      .positive("must be a positive number")
      .min(FLOAT32_LEAST, "must be within float32's range")
      .max(3e38, "must be within float32's range")
      .default(GAMMA),
    epsilon: epsilonSchema.default(USUAL.epsilon),
    weightDecay: weightDecaySchema.default(0),
    ...warmupSettings,
  },
  label: ({ curvature }) => sampledLabel("sophia", curvature),
  words: (options) => [
    ...curvatureWords(options.curvature),
    ...intervalWords(options.curvatureInterval, INTERVAL),
    ...momentWords(options, USUAL),
    ...(options.gamma === GAMMA ? [] : [`γ ${options.gamma}`]),
    ...weightDecayWords(options),
    ...warmupWords(options),
  ],
  create({ learningRate, warmupSteps, curvatureInterval, ...constants }, state) {
    const rate = createRate({ learningRate, warmupSteps });
    const averages = { firstMoment: state(), average: state() };
    return {
      needsCurvature: true,
      diagonal: "gauss-newton",
      curvatureInterval,
      update({ kernels, parameters, gradient, curvature, step }) {
        const fresh = isRenewed(step, curvatureInterval) ? curvature : null;
        const all = { ...constants, learningRate: rate(step) };
        return kernels.sophia(parameters, gradient, fresh, averages, all);
      },
    };
  },
});
