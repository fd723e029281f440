import type { FloatArray, LayerLayout } from "../model/architecture.js";
import type { Objective } from "../model/objective.js";
import type { NetworkKernels } from "./kernels.js";
import type { ReferenceBuffers } from "./reference-buffers.js";

/** The kernel, which also writes the diagonal of the Gauss-Newton matrix where it is given room for it. */
export type ReferenceCurvature = (
  ...call: [...Parameters<NetworkKernels["curvature"]>, gaussNewton?: FloatArray]
) => void;

/**
 * The denominators of eq. (6), h_i = (1/S) Σ_s L''_s |J_si| R_s with R_s = Σ_i' |J_si'|, one output at a time:
 *
 *   δ_l = ∂y_sk/∂z_l, backwards from the output         |J| of W_l[i,j] is |δ_l[i]| |a_l[j]|, of its bias |δ_l[i]|
 *   R_sk = Σ_l ‖δ_l‖₁ (‖a_l‖₁ + 1)
 *   v_l[s,i] = (1/S) Σ_k L''_sk R_sk |δ_l[i]|           h(W_l) = v_lᵀ |a_l|,  h(b_l) = column sums of v_l
 *
 * From a sample of m of the K outputs: hidden sums run over the sample, times K / m; the output layer needs R_sk of
 * every k, exact in the sample and elsewhere estimated from the last hidden layer's share, which is cheap for all k:
 *   T_sk = ‖δ_{L−2}‖₁ (‖a_{L−2}‖₁ + 1),   R_sk ≈ ‖a_{L−1}‖₁ + 1 + c_s T_sk,
 *   c_s = Σ_sample (R_sk − ‖a_{L−1}‖₁ − 1) / Σ_sample T_sk, 0 where that sum is
 *
 * The diagonal of the Gauss-Newton matrix, (1/S) Σ_s L''_s J_si², comes of the same pass: with
 * u_l[s,i] = (1/S) Σ_k L''_sk δ_l[i]² it is u_lᵀ a_l² for W_l and the column sums of u_l for b_l. From a sample, hidden sums
 * run over it, times K / m; the output layer's are exact, for there δ is 1 for the output itself and 0 for the others.
 */
export function referenceCurvature(
  layers: LayerLayout[],
  { activations, derivatives }: ReferenceBuffers,
  capacity: number,
  objective: Objective,
): ReferenceCurvature {
  const last = layers.length - 1;
  const outputs = layers[last].outputs;
  const deltas = layers.map((layer) => new Float64Array(layer.outputs));
  const perUnit = () => layers.map((layer) => new Float64Array(capacity * layer.outputs));
  const v = perUnit();
  let u: Float64Array[] | null = null;

  return (parameters, inputs, rows, first, end, sample, curvature, gaussNewton) => {
    if (gaussNewton) u ??= perUnit();
    const inputOf = (l: number): FloatArray => (l === 0 ? inputs : activations[l - 1]);
    const count = sample?.length ?? outputs;
    /** L''/S of output k of sample s */
    const scaleOf = (s: number, k: number) =>
      objective.curvature(activations[last][s * outputs + k]) / (rows * outputs);
    for (let s = first; s < end; s++) {
      const norms = layers.map(({ inputs: n }, l) => 1 + absoluteSum(inputOf(l), s * n, n));
      layers.forEach((layer, l) => {
        v[l].fill(0, s * layer.outputs, (s + 1) * layer.outputs);
        u?.[l].fill(0, s * layer.outputs, (s + 1) * layer.outputs);
      });
      const through = (l: number): number => {
        backpropagate(layers[l + 1], parameters, deltas[l + 1], derivatives[l], s, deltas[l]);
        return norms[l] * absoluteSum(deltas[l], 0, deltas[l].length);
      };
      let sampledR = 0;
      let sampledT = 0;
      for (let n = 0; n < count; n++) {
        const k = sample ? sample[n] : n;
        deltas[last].fill(0);
        deltas[last][k] = 1;
        let residual = norms[last];
        for (let l = last - 1; l >= 0; l--) {
          const part = through(l);
          residual += part;
          if (l === last - 1) sampledT += part;
        }
        sampledR += residual - norms[last];
        const scale = scaleOf(s, k);
        for (let l = 0; l < last; l++) {
          const units = layers[l].outputs;
          const weight = scale * (outputs / count) * residual;
          for (let i = 0; i < units; i++) v[l][s * units + i] += weight * Math.abs(deltas[l][i]);
        }
        v[last][s * outputs + k] = scale * residual;
        if (gaussNewton && u) addSquares(deltas, scale, outputs / count, s, u);
      }
      if (!sample) continue;
      const ratio = sampledT === 0 ? 0 : sampledR / sampledT;
      let next = 0;
      for (let k = 0; k < outputs; k++) {
        if (sample[next] === k) {
          next++;
          continue;
        }
        deltas[last].fill(0);
        deltas[last][k] = 1;
        if (gaussNewton && u) u[last][s * outputs + k] = scaleOf(s, k);
        v[last][s * outputs + k] = scaleOf(s, k) * (norms[last] + (last > 0 ? ratio * through(last - 1) : 0));
      }
    }
    if (end < rows) return;
    layers.forEach((layer, l) => {
      reduce(layer, v[l], inputOf(l), rows, Math.abs, curvature);
      if (gaussNewton && u) reduce(layer, u[l], inputOf(l), rows, square, gaussNewton);
    });
  };
}

/** δ_l[j] = f'(z_l)[s][j] Σ_i δ_{l+1}[i] W_{l+1}[i][j]; `above` is layer l + 1. */
function backpropagate(
  above: LayerLayout,
  parameters: FloatArray,
  deltaAbove: Float64Array,
  derivative: FloatArray,
  s: number,
  delta: Float64Array,
): void {
  const { inputs, outputs, weights } = above;
  delta.fill(0);
  for (let i = 0; i < outputs; i++) {
    const d = deltaAbove[i];
    if (d === 0) continue;
    const w = weights + i * inputs;
    for (let j = 0; j < inputs; j++) delta[j] += d * parameters[w + j];
  }
  for (let j = 0; j < inputs; j++) delta[j] *= derivative[s * inputs + j];
}

/** u_l[s][i] += (L''/S) δ_l[i]² of one output, times K / m in the hidden layers */
function addSquares(
  deltas: Float64Array[],
  scale: number,
  share: number,
  s: number,
  u: Float64Array[],
): void {
  deltas.forEach((delta, l) => {
    const at = s * delta.length;
    const weight = l === deltas.length - 1 ? scale : scale * share;
    for (let i = 0; i < delta.length; i++) u[l][at + i] += weight * delta[i] * delta[i];
  });
}

export function square(value: number): number {
  return value * value;
}

/** h(W)[i][j] = Σ_s v[s][i] m(a[s][j]), h(b)[i] = Σ_s v[s][i], where m is | | or the square. */
export function reduce(
  { inputs, outputs, weights, biases }: LayerLayout,
  v: Float64Array,
  a: FloatArray,
  rows: number,
  magnitude: (value: number) => number,
  out: FloatArray,
): void {
  const row = new Float64Array(inputs);
  for (let i = 0; i < outputs; i++) {
    row.fill(0);
    let bias = 0;
    for (let s = 0; s < rows; s++) {
      const value = v[s * outputs + i];
      bias += value;
      for (let j = 0; j < inputs; j++) row[j] += value * magnitude(a[s * inputs + j]);
    }
    out.set(row, weights + i * inputs);
    out[biases + i] = bias;
  }
}

function absoluteSum(values: FloatArray, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += Math.abs(values[i]);
  return sum;
}
