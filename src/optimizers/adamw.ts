// AdamW (Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019, algorithm 2), in PyTorch's form
// (torch.optim.AdamW): Adam's step after the parameters themselves were made smaller by a part of them,
//   w ← w − λ_t η w
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − λ_t (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)      t = 1, 2, …
// η is the weight decay. The paper's schedule of rates stands for its η_t; here λ_t is λ, or rises to it over the first
// warmupSteps steps (src/optimizers/options.ts). Biases decay like weights, as they do in PyTorch by default.

import { defineOptimizer } from "./definition.js";
import { momentSettings, momentWords, weightDecaySchema, weightDecayWords } from "./moments.js";
import { createRate, warmupSettings, warmupWords } from "./options.js";

const WEIGHT_DECAY = 0.01;

export const adamw = defineOptimizer({
  name: "adamw",
  title: "AdamW",
  settings: { ...momentSettings, weightDecay: weightDecaySchema.default(WEIGHT_DECAY), ...warmupSettings },
  words: (options) => [
    ...momentWords(options),
    ...weightDecayWords(options, WEIGHT_DECAY),
    ...warmupWords(options),
  ],
  create({ learningRate, warmupSteps, ...constants }, state) {
    const rate = createRate({ learningRate, warmupSteps });
    const moments = { firstMoment: state(), secondMoment: state() };
    return {
      needsCurvature: false,
      update: ({ kernels, parameters, gradient, step }) =>
        kernels.adam(parameters, gradient, moments, { ...constants, learningRate: rate(step), step }),
    };
  },
});
