// The updates of the optimizers; their equations are explained in src/optimizers/.

import type { FloatArray } from "../model/architecture.js";
import type {
  AdamConstants,
  AdamState,
  CurvatureAverage,
  Momentum,
  SophiaConstants,
  SophiaState,
} from "./kernels.js";

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

export function adam(
  w: FloatArray,
  g: FloatArray,
  state: AdamState,
  constants: AdamConstants,
  signal: FloatArray | null = null,
): boolean {
  const { firstMoment: m, secondMoment: v, largest = null, velocity = null } = state;
  const { learningRate, beta1, beta2, epsilon, step } = constants;
  const { squares = 1 - beta2, weightDecay = 0, momentum = 0 } = constants;
  const correction1 = step > 0 ? 1 - beta1 ** step : 1;
  const correction2 = step > 0 ? 1 - beta2 ** step : 1;
  const s = signal ?? g;
  for (let i = 0; i < w.length; i++) {
    if (m) m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + squares * s[i] * s[i];
    if (largest) largest[i] = Math.max(largest[i], v[i]);
    const direction = (m ? m[i] : g[i]) / correction1;
    const root = Math.sqrt((largest ? largest[i] : v[i]) / correction2) + epsilon;
    w[i] -= learningRate * weightDecay * w[i];
    if (velocity) {
      velocity[i] = momentum * velocity[i] + direction / root;
      w[i] -= learningRate * velocity[i];
    } else {
      w[i] -= (learningRate * direction) / root;
    }
  }
  return allFinite(w);
}

export function sophia(
  w: FloatArray,
  g: FloatArray,
  curvature: FloatArray | null,
  state: SophiaState,
  constants: SophiaConstants,
): boolean {
  const { firstMoment: m, average: h } = state;
  const { learningRate, beta1, beta2, gamma, epsilon, weightDecay } = constants;
  for (let i = 0; i < w.length; i++) {
    if (curvature) h[i] = beta2 * h[i] + (1 - beta2) * curvature[i];
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    const ratio = m[i] / Math.max(gamma * h[i], epsilon);
    w[i] -= learningRate * weightDecay * w[i];
    w[i] -= learningRate * Math.max(-1, Math.min(1, ratio));
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
