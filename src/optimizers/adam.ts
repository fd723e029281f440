// Adam (Kingma and Ba 2015, algorithm 1), bias-corrected, ε outside the root:
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − λ_t (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)      t = 1, 2, …
// λ_t is λ, or rises to it over the first warmupSteps steps (src/optimizers/options.ts).

import { z } from "zod";
import { defineOptimizer } from "./definition.js";
import { createRate, decaySchema, FLOAT32_LEAST, warmupSettings, warmupWords } from "./options.js";

export const adam = defineOptimizer({
  name: "adam",
  title: "Adam",
  settings: {
    beta1: decaySchema.default(0.9),
    beta2: decaySchema.default(0.999),
    epsilon: z
      .number("must be a positive number")
      .positive("must be a positive number")
      .min(FLOAT32_LEAST, "must be within float32's range")
      .default(1e-8),
    ...warmupSettings,
  },
  words: ({ beta1, beta2, epsilon, warmupSteps }) => [
    ...(beta1 === 0.9 ? [] : [`β1 ${beta1}`]),
    ...(beta2 === 0.999 ? [] : [`β2 ${beta2}`]),
    ...(epsilon === 1e-8 ? [] : [`ε ${epsilon}`]),
    ...warmupWords({ warmupSteps }),
  ],
  create({ beta1, beta2, epsilon, ...options }, state) {
    const rate = createRate(options);
    const moments = { firstMoment: state(), secondMoment: state() };
    return {
      needsCurvature: false,
      update({ kernels, parameters, gradient, step }) {
        return kernels.adam(parameters, gradient, moments, {
          learningRate: rate(step),
          beta1,
          beta2,
          epsilon,
          step,
        });
      },
    };
  },
});
