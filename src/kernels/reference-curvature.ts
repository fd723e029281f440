import type { FloatArray, LayerLayout } from "../model/architecture.js";
import type { NetworkKernels } from "./kernels.js";
import type { ReferenceBuffers } from "./reference.js";

/** L'' of the squared error. */
const SECOND_DERIVATIVE = 2;

/**
 * The denominators of eq. (6), h_i = (1/S) Σ_s L'' |J_si| R_s with R_s = Σ_i' |J_si'|, one output at a time:
 *
 *   δ_l = ∂y_sk/∂z_l, backwards from the output         |J| of W_l[i,j] is |δ_l[i]| |a_l[j]|, of its bias |δ_l[i]|
 *   R_sk = Σ_l ‖δ_l‖₁ (‖a_l‖₁ + 1)
 *   v_l[s,i] = (L''/S) Σ_k R_sk |δ_l[i]|                h(W_l) = v_lᵀ |a_l|,  h(b_l) = column sums of v_l
 */
export function referenceCurvature(
  layers: LayerLayout[],
  { activations, derivatives }: ReferenceBuffers,
  capacity: number,
): NetworkKernels["curvature"] {
  const last = layers.length - 1;
  const outputs = layers[last].outputs;
  const deltas = layers.map((layer) => new Float64Array(layer.outputs));
  const v = layers.map((layer) => new Float64Array(capacity * layer.outputs));

  return (parameters, inputs, rows, first, end, curvature) => {
    const inputOf = (l: number): FloatArray => (l === 0 ? inputs : activations[l - 1]);
    const scale = SECOND_DERIVATIVE / (rows * outputs);
    for (let s = first; s < end; s++) {
      const norms = layers.map(({ inputs: n }, l) => 1 + absoluteSum(inputOf(l), s * n, n));
      layers.forEach((layer, l) => {
        v[l].fill(0, s * layer.outputs, (s + 1) * layer.outputs);
      });
      for (let k = 0; k < outputs; k++) {
        deltas[last].fill(0);
        deltas[last][k] = 1;
        let residual = norms[last];
        for (let l = last - 1; l >= 0; l--) {
          backpropagate(layers[l + 1], parameters, deltas[l + 1], derivatives[l], s, deltas[l]);
          residual += norms[l] * absoluteSum(deltas[l], 0, deltas[l].length);
        }
        layers.forEach((layer, l) => {
          for (let i = 0; i < layer.outputs; i++) {
            v[l][s * layer.outputs + i] += scale * residual * Math.abs(deltas[l][i]);
          }
        });
      }
    }
    if (end < rows) return;
    layers.forEach((layer, l) => {
      reduce(layer, v[l], inputOf(l), rows, curvature);
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

/** h(W)[i][j] = Σ_s v[s][i] |a[s][j]|, h(b)[i] = Σ_s v[s][i] */
function reduce(
  { inputs, outputs, weights, biases }: LayerLayout,
  v: Float64Array,
  a: FloatArray,
  rows: number,
  curvature: FloatArray,
): void {
  const row = new Float64Array(inputs);
  for (let i = 0; i < outputs; i++) {
    row.fill(0);
    let bias = 0;
    for (let s = 0; s < rows; s++) {
      const value = v[s * outputs + i];
      bias += value;
      for (let j = 0; j < inputs; j++) row[j] += value * Math.abs(a[s * inputs + j]);
    }
    curvature.set(row, weights + i * inputs);
    curvature[biases + i] = bias;
  }
}

function absoluteSum(values: FloatArray, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += Math.abs(values[i]);
  return sum;
}
