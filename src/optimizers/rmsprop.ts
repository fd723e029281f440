// RMSprop (Hinton, Neural networks for machine learning, lecture 6e, 2012), in PyTorch's form (torch.optim.RMSprop, not
// centred), with ε outside the root:
//   v ← α v + (1 − α) g²
//   w ← w − λ_t g / (√v + ε)               momentum μ: b ← μ b + g / (√v + ε), w ← w − λ_t b
// λ_t is λ, or rises to it over the first warmupSteps steps (src/optimizers/options.ts).

import { defineOptimizer } from "./definition.js";
import { epsilonSchema } from "./moments.js";
import { createRate, decaySchema, warmupSettings, warmupWords } from "./options.js";

const [ALPHA, EPSILON] = [0.99, 1e-8];

export const rmsprop = defineOptimizer({
  name: "rmsprop",
  title: "RMSprop",
  settings: {
    alpha: decaySchema.default(ALPHA),
    epsilon: epsilonSchema.default(EPSILON),
    momentum: decaySchema.default(0),
    ...warmupSettings,
  },
  words: ({ alpha, epsilon, momentum, warmupSteps }) => [
    ...(momentum > 0 ? [`momentum ${momentum}`] : []),
    ...(alpha === ALPHA ? [] : [`α ${alpha}`]),
    ...(epsilon === EPSILON ? [] : [`ε ${epsilon}`]),
    ...warmupWords({ warmupSteps }),
  ],
  create({ alpha, epsilon, momentum, ...options }, state) {
    const rate = createRate(options);
    const moments = {
      ...{ firstMoment: null, secondMoment: state(), velocity: momentum > 0 ? state() : null },
    };
    return {
      needsCurvature: false,
      update({ kernels, parameters, gradient, step }) {
        const constants = { beta1: 0, beta2: alpha, epsilon, step: 0, momentum }; // no bias is corrected
        return kernels.adam(parameters, gradient, moments, { ...constants, learningRate: rate(step) });
      },
    };
  },
});
