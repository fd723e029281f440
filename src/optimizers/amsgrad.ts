// AMSGrad (Reddi, Kale and Kumar, On the convergence of Adam and beyond, ICLR 2018, algorithm 2), in PyTorch's form
// (torch.optim.Adam with amsgrad=True): Adam, divided by the largest second moment so far,
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²          u ← max(u, v)
//   w ← w − λ_t (m / (1 − β₁ᵗ)) / (√(u / (1 − β₂ᵗ)) + ε)      t = 1, 2, …
// The paper corrects no bias; PyTorch does, of u as of m. λ_t is λ, or rises to it over the first warmupSteps steps
// (src/optimizers/options.ts).

import { defineOptimizer } from "./definition.js";
import { momentSettings, momentWords } from "./moments.js";
import { createRate, warmupSettings, warmupWords } from "./options.js";

export const amsgrad = defineOptimizer({
  name: "amsgrad",
  title: "AMSGrad",
  settings: { ...momentSettings, ...warmupSettings },
  words: (options) => [...momentWords(options), ...warmupWords(options)],
  create({ learningRate, warmupSteps, ...constants }, state) {
    const rate = createRate({ learningRate, warmupSteps });
    const moments = { firstMoment: state(), secondMoment: state(), largest: state() };
    return {
      needsCurvature: false,
      update: ({ kernels, parameters, gradient, step }) =>
        kernels.adam(parameters, gradient, moments, { ...constants, learningRate: rate(step), step }),
    };
  },
});
