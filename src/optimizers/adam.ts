// Adam (Kingma and Ba 2015, algorithm 1), bias-corrected, ε outside the root:
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) g²
//   w ← w − λ (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)        t = 1, 2, …

import { z } from "zod";
import type { Optimizer, StateFactory } from "./optimizer.js";
import { decaySchema, FLOAT32_LEAST, learningRateSchema } from "./options.js";

export const adamSchema = z.strictObject({
  name: z.literal("adam"),
  learningRate: learningRateSchema,
  beta1: decaySchema.default(0.9),
  beta2: decaySchema.default(0.999),
  epsilon: z
    .number("must be a positive number")
    .positive("must be a positive number")
    .min(FLOAT32_LEAST, "must be within float32's range")
    .default(1e-8),
});

export function createAdam(options: z.output<typeof adamSchema>, state: StateFactory): Optimizer {
  const moments = { firstMoment: state(), secondMoment: state() };
  const { learningRate, beta1, beta2, epsilon } = options;
  let step = 0;
  return {
    needsCurvature: false,
    update({ kernels, parameters, gradient }) {
      step += 1;
      return kernels.adam(parameters, gradient, moments, { learningRate, beta1, beta2, epsilon, step });
    },
  };
}
