// Stochastic gradient descent with optional momentum, in PyTorch's form (torch.optim.SGD, no dampening):
//   v ← μ v + g
//   w ← w − λ v                 Nesterov: w ← w − λ (g + μ v) with the new v
// g is the gradient of the mean loss over batch × outputs values. A rate given for the summed objective is this one
// divided by the number of outputs. λ is that of the step where it warms up (src/optimizers/options.ts).
// Polyak 1964; Sutskever et al. 2013 (Nesterov's form).

import { defineOptimizer } from "./definition.js";
import {
  createMomentum,
  createRate,
  momentumNeeded,
  momentumSettings,
  momentumWords,
  warmupSettings,
  warmupWords,
} from "./options.js";

export const sgd = defineOptimizer({
  name: "sgd",
  title: "SGD",
  settings: { ...momentumSettings, ...warmupSettings },
  rules: [momentumNeeded],
  words: (options) => [...momentumWords(options), ...warmupWords(options)],
  create(options, state) {
    const momentum = createMomentum(options, state);
    const rate = createRate(options);
    return {
      needsCurvature: false,
      update: ({ kernels, parameters, gradient, step }) =>
        kernels.sgd(parameters, gradient, rate(step), momentum),
    };
  },
});
