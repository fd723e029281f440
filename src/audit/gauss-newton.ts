// The Gauss-Newton model of a batch's objective, G = (1/S) Σ_s L'' J_s J_sᵀ, without a Jacobian.

import { dot } from "../linear-algebra.js";
import type { FloatArray } from "../model/architecture.js";
import { SECOND_DERIVATIVE } from "../model/objective.js";
import type { Pause } from "../training/pause.js";
import { inputOf, type Model, outputCount } from "./model.js";

/** h of eq. (6) and the diagonal of G, (1/S) Σ_s L'' J_si², of one pass, row by row; laid out like parameters. */
export async function boundAndDiagonal(
  { network, parameters, inputs, rows }: Model,
  pause: Pause,
): Promise<{ h: Float64Array; gaussNewton: Float64Array }> {
  const h = new Float64Array(parameters.length);
  const gaussNewton = new Float64Array(parameters.length);
  for (let row = 0; row < rows; row++) {
    network.curvature(parameters, inputs, rows, row, row + 1, null, h, gaussNewton);
    await pause();
  }
  return { h, gaussNewton };
}

/**
 * J v [rows × outputs], the derivative of the outputs along v, exactly: a tangent carried forwards,
 *   z'_l = W_l a'_l + V_l a_l + v_l,   a'_{l+1} = f'(z_l) z'_l,   a'_0 = 0
 */
export function outputsAlong(model: Model, v: FloatArray): Float64Array {
  const { layers, rows, parameters } = model;
  const { derivatives } = model.network.buffers;
  let tangent = new Float64Array(0);
  layers.forEach(({ inputs, outputs, weights, biases }, l) => {
    const a = inputOf(model, l);
    const next = new Float64Array(rows * outputs);
    for (let s = 0; s < rows; s++) {
      const at = s * inputs;
      for (let o = 0; o < outputs; o++) {
        const w = weights + o * inputs;
        let change = v[biases + o];
        for (let i = 0; i < inputs; i++) change += v[w + i] * a[at + i];
        if (l > 0) for (let i = 0; i < inputs; i++) change += parameters[w + i] * tangent[at + i];
        next[s * outputs + o] = change * derivatives[l][s * outputs + o];
      }
    }
    tangent = next;
  });
  return tangent;
}

/** vᵀ G v */
export function curvatureAlong(model: Model, v: FloatArray): number {
  const change = outputsAlong(model, v);
  return (SECOND_DERIVATIVE * dot(change, change)) / outputCount(model);
}

/** G v = Jᵀ (L''/S) J v: the backward pass of the gradient, begun with another derivative of the outputs. */
function product(model: Model, change: Float64Array, out: Float64Array): void {
  const { network, parameters, inputs, rows } = model;
  const delta = network.buffers.deltas[model.layers.length - 1];
  const scale = SECOND_DERIVATIVE / outputCount(model);
  for (let n = 0; n < change.length; n++) delta[n] = scale * change[n];
  network.gradient(parameters, inputs, rows, out);
}

/** Of Lanczos's iteration. On 784-256-64-256-784 they leave the eigenvalue below 0.1 % short, at 0.3 s each. */
const PRODUCTS = 25;

/**
 * The largest λ at which steps w ← w − λ g / h do not grow on the batch's Gauss-Newton model: 2 over the largest
 * eigenvalue of H^-½ G H^-½, H = diag(h), by Lanczos's iteration from the step's own direction. The eigenvalue comes
 * from below, so this from above; the bound says that it is at least 2. null where g is 0.
 */
export async function stableLambda(
  model: Model,
  g: FloatArray,
  h: FloatArray,
  pause: Pause,
): Promise<number | null> {
  const root = Float64Array.from(h, Math.sqrt);
  const unscaled = (values: Float64Array) => values.map((value, i) => (root[i] === 0 ? 0 : value / root[i]));
  const image = new Float64Array(h.length);
  const [alphas, betas]: [number[], number[]] = [[], []];
  let previous = new Float64Array(h.length);
  let next = unscaled(Float64Array.from(g));
  let beta = Math.sqrt(dot(next, next));
  if (beta === 0) return null;
  let u = next.map((value) => value / beta);
  while (alphas.length < PRODUCTS) {
    const change = outputsAlong(model, unscaled(u));
    await pause();
    product(model, change, image);
    await pause();
    next = unscaled(image);
    const alpha = dot(u, next);
    const carried = betas.at(-1) ?? 0;
    next = next.map((value, i) => value - alpha * u[i] - carried * previous[i]);
    beta = Math.sqrt(dot(next, next));
    alphas.push(alpha);
    if (beta < 1e-9 * alpha) break; // nothing is left but rounding
    betas.push(beta);
    previous = u;
    u = next.map((value) => value / beta);
  }
  return 2 / largestEigenvalue(alphas, betas);
}

/** Of the symmetric tridiagonal matrix with these diagonals, by bisection: above it, every pivot of T − x I is negative. */
function largestEigenvalue(alphas: number[], betas: number[]): number {
  const isAbove = (x: number): boolean => {
    let pivot = -1;
    return alphas.every((alpha, i) => {
      pivot = alpha - x - (i === 0 ? 0 : betas[i - 1] ** 2 / pivot);
      return pivot < 0;
    });
  };
  let low = Math.max(...alphas);
  let high = low + 2 * Math.max(0, ...betas);
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (isAbove(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** −g / h, the step of eq. (6) at λ = 1; 0 where h is. */
export function rpDirection(g: FloatArray, h: FloatArray): Float64Array {
  return Float64Array.from(g, (gi, i) => (h[i] === 0 ? 0 : -gi / h[i]));
}

/** Σ h_i v_i² */
export function weighted(v: FloatArray, h: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += h[i] * v[i] * v[i];
  return sum;
}
