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
  exponent: number,
): boolean {
  const { buffer: m, coefficient: mu, nesterov } = momentum;
  renew(average, h);
  const mean = exponent === 1 ? 1 : meanDenominator(h, average);
  for (let i = 0; i < w.length; i++) {
    const d = quotient(g[i], denominator(h, average, i), mean, exponent);
    let direction = d;
    if (m) {
      m[i] = mu * m[i] + (1 - mu) * d;
      direction = nesterov ? mu * m[i] + (1 - mu) * d : m[i];
    }
    w[i] -= learningRate * direction;
  }
  return allFinite(w);
}

export function rpDirection(
  g: FloatArray,
  h: FloatArray,
  average: CurvatureAverage,
  exponent: number,
  direction: FloatArray,
): void {
  renew(average, h);
  const mean = exponent === 1 ? 1 : meanDenominator(h, average);
  for (let i = 0; i < g.length; i++)
    direction[i] = quotient(g[i], denominator(h, average, i), mean, exponent);
}

/** Δ = −α d + μ previous, w ← w + Δ, previous ← Δ */
export function moveAlong(
  w: FloatArray,
  direction: FloatArray,
  previous: FloatArray,
  alpha: number,
  mu: number,
): boolean {
  for (let i = 0; i < w.length; i++) {
    previous[i] = mu * previous[i] - alpha * direction[i];
    w[i] += previous[i];
  }
  return allFinite(w);
}

function renew({ buffer, decay }: CurvatureAverage, h: FloatArray): void {
  if (!buffer) return;
  for (let i = 0; i < h.length; i++) buffer[i] = decay * buffer[i] + (1 - decay) * h[i];
}

/** q_i, after the average was renewed. NaN stays NaN. */
function denominator(h: FloatArray, { buffer, safeguard }: CurvatureAverage, i: number): number {
  if (!buffer) return h[i];
  return safeguard ? Math.max(h[i], buffer[i]) : buffer[i];
}

function meanDenominator(h: FloatArray, average: CurvatureAverage): number {
  let sum = 0;
  for (let i = 0; i < h.length; i++) sum += denominator(h, average, i);
  return sum / h.length;
}

/** g / (q̄ (q / q̄)^p), which is g / q for p = 1; 0 where q = 0. */
function quotient(g: number, q: number, mean: number, exponent: number): number {
  if (q === 0) return 0;
  return exponent === 1 ? g / q : g / (mean * (q / mean) ** exponent);
}

function allFinite(values: FloatArray): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
