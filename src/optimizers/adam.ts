// Adam (Kingma and Ba 2015, algorithm 1), bias-corrected, ε outside the root:
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − λ_t (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)      t = 1, 2, …
// λ_t is λ, or rises to it over the first warmupSteps steps (src/optimizers/options.ts).

import { defineOptimizer } from "./definition.js";
import { momentSettings, momentWords } from "./moments.js";
import { createRate, warmupSettings, warmupWords } from "./options.js";

export const adam = defineOptimizer({
  name: "adam",
  title: "Adam",
  settings: { ...momentSettings, ...warmupSettings },
  words: (options) => [...momentWords(options), ...warmupWords(options)],
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
