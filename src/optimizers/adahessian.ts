// AdaHessian (Yao, Gholami, Shen, Mustafa, Keutzer and Mahoney, AdaHessian: an adaptive second order optimizer for machine
// learning, AAAI 2021, algorithm 1), with the exact diagonal of the Gauss-Newton matrix in the place of Hutchinson's
// random estimate of the Hessian's:
//   D_i = (1/S) Σ_s L''_s J_si²            computed every curvatureInterval steps, kept in between
//   m ← β₁ m + (1 − β₁) g          v ← β₂ v + (1 − β₂) D²
//   w ← w − λ_t (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)      t = 1, 2, …
//   and with weight decay η first w ← w − λ_t η w, as its authors' program has it
// D is not negative, so the rule's |D| is D. The Hessian power k is 1 and the blocks of the spatial average are of one
// weight, which are the authors' values for layers as dense as ours. λ_t is λ, or rises to it over the first warmupSteps
// steps (src/optimizers/options.ts). D can be estimated from a sample of the outputs, as RP's h.

import { defineOptimizer } from "./definition.js";
import { curvatureSchema, curvatureWords, intervalSchema, intervalWords, sampledLabel } from "./diagonal.js";
import {
  epsilonSchema,
  momentSettings,
  momentWords,
  weightDecaySchema,
  weightDecayWords,
} from "./moments.js";
import { isRenewed } from "./optimizer.js";
import { createRate, warmupSettings, warmupWords } from "./options.js";

const EPSILON = 1e-4;

export const adahessian = defineOptimizer({
  name: "adahessian",
  title: "AdaHessian",
  settings: {
    curvature: curvatureSchema.default("exact"),
    curvatureInterval: intervalSchema.default(1),
    ...momentSettings,
    epsilon: epsilonSchema.default(EPSILON),
    weightDecay: weightDecaySchema.default(0),
    ...warmupSettings,
  },
  label: ({ curvature }) => sampledLabel("adahessian", curvature),
  words: (options) => [
    ...curvatureWords(options.curvature),
    ...intervalWords(options.curvatureInterval, 1),
    ...momentWords(options, { beta1: 0.9, beta2: 0.999, epsilon: EPSILON }),
    ...weightDecayWords(options),
    ...warmupWords(options),
  ],
  create({ learningRate, warmupSteps, curvatureInterval, ...constants }, state) {
    const rate = createRate({ learningRate, warmupSteps });
    const moments = { firstMoment: state(), secondMoment: state() };
    const kept = curvatureInterval > 1 ? state() : null;
    return {
      needsCurvature: true,
      diagonal: "gauss-newton",
      curvatureInterval,
      update({ kernels, parameters, gradient, curvature, step }) {
        if (isRenewed(step, curvatureInterval)) kept?.set(curvature);
        const all = { ...constants, learningRate: rate(step), step };
        return kernels.adam(parameters, gradient, moments, all, kept ?? curvature);
      },
    };
  },
});
