// AdaGrad (Duchi, Hazan and Singer, Adaptive subgradient methods, Journal of Machine Learning Research 12, 2011, with the
// diagonal), in PyTorch's form (torch.optim.Adagrad):
//   v ← v + g²                             v begins at initialAccumulator
//   w ← w − λ_t / (1 + (t − 1) η) · g / (√v + ε)      t = 1, 2, …
// η is the learningRateDecay. λ_t is λ, or rises to it over the first warmupSteps steps (src/optimizers/options.ts).

import { z } from "zod";
import { defineOptimizer } from "./definition.js";
import { epsilonSchema } from "./moments.js";
import { createRate, warmupSettings, warmupWords } from "./options.js";

const EPSILON = 1e-10;
const notNegative = z
  .number("must be a number of at least 0")
  .min(0, "must be at least 0")
  .max(1e9, "must be at most 1000000000");

export const adagrad = defineOptimizer({
  name: "adagrad",
  title: "AdaGrad",
  settings: {
    learningRateDecay: notNegative.default(0),
    initialAccumulator: notNegative.default(0),
    epsilon: epsilonSchema.default(EPSILON),
    ...warmupSettings,
  },
  words: ({ learningRateDecay, initialAccumulator, epsilon, warmupSteps }) => [
    ...(learningRateDecay > 0 ? [`rate decay ${learningRateDecay}`] : []),
    ...(initialAccumulator > 0 ? [`accumulator ${initialAccumulator}`] : []),
    ...(epsilon === EPSILON ? [] : [`ε ${epsilon}`]),
    ...warmupWords({ warmupSteps }),
  ],
  create({ learningRateDecay, initialAccumulator, epsilon, ...options }, state) {
    const rate = createRate(options);
    const moments = { firstMoment: null, secondMoment: state().fill(initialAccumulator) };
    return {
      needsCurvature: false,
      update({ kernels, parameters, gradient, step }) {
        const learningRate = rate(step) / (1 + (step - 1) * learningRateDecay);
        const constants = { beta1: 0, beta2: 1, squares: 1, epsilon, step: 0 }; // no bias is corrected
        return kernels.adam(parameters, gradient, moments, { ...constants, learningRate });
      },
    };
  },
});
