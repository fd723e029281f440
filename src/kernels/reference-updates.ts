// The updates of the three optimizers; their equations are explained in src/optimizers/.

import type { FloatArray } from "../model/architecture.js";
import type { AdamConstants, AdamState, CurvatureAverage, Momentum } from "./kernels.js";

export function sgd(w: FloatArray, g: FloatArray, learningRate: number, momentum: Momentum): boolean {
  const { buffer: v, coefficient: mu, nesterov } = momentum;
  for (let i = 0; i < w.length; i++) {
    let direction = g[i];
    if (v) {
      v[i] = mu * v[i] + g[i];
      direction = nesterov ? g[i] + mu * v[i] : v[i];
    }
    w[i] -= learningRate * direction;
  }
  return allFinite(w);
}

export function adam(w: FloatArray, g: FloatArray, state: AdamState, constants: AdamConstants): boolean {
  const { firstMoment: m, secondMoment: v } = state;
  const { learningRate, beta1, beta2, epsilon, step } = constants;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  for (let i = 0; i < w.length; i++) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    w[i] -= (learningRate * (m[i] / correction1)) / (Math.sqrt(v[i] / correction2) + epsilon);
  }
  return allFinite(w);
}

export function residualPartitioning(
  w: FloatArray,
  g: FloatArray,
  h: FloatArray,
  learningRate: number,
  momentum: Momentum,
  average: CurvatureAverage,
): boolean {
  const { buffer: m, coefficient: mu, nesterov } = momentum;
  const { buffer: mean, decay } = average;
  for (let i = 0; i < w.length; i++) {
    if (mean) mean[i] = decay * mean[i] + (1 - decay) * h[i];
    const denominator = mean ? mean[i] : h[i];
    const d = denominator === 0 ? 0 : g[i] / denominator;
    let direction = d;
    if (m) {
      m[i] = mu * m[i] + (1 - mu) * d;
      direction = nesterov ? mu * m[i] + (1 - mu) * d : m[i];
    }
    w[i] -= learningRate * direction;
  }
  return allFinite(w);
}

function allFinite(values: FloatArray): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
