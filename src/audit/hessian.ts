// The exact diagonal of the Hessian of a batch's mean squared error, by second-order backpropagation.
//
// The loss of sample s depends on W_l[i,j] through z_l[i] alone, which is linear in it. With P_l = ∂²loss/∂z_l² of the
// sample, a matrix [outputs of l × outputs of l],
//   H(W_l[i,j]) = Σ_s P_l[s][i,i] a_l[s][j]²,   H(b_l[i]) = Σ_s P_l[s][i,i]
//   P_last = (L''/S) I,   P_{l−1} = F' W_lᵀ P_l W_l F' + diag(f''(z_{l−1}) · W_lᵀ δ_l)
// F' = diag(f'(z_{l−1})), δ_l = ∂loss/∂z_l. Without the last term it would be Gauss-Newton's diagonal.
//
// Central differences of the gradient, two for each weight, took 0.45 s of this a weight on 784-256-64-256-784 at batch
// 100; this takes about a second for all 435,536 of them, with no step to choose. The tests hold it to the differences.

import { reduce, square } from "../kernels/reference-curvature.js";
import type { Activation, FloatArray, LayerLayout } from "../model/architecture.js";
import { SECOND_DERIVATIVE } from "../model/objective.js";
import type { Pause } from "../training/pause.js";
import { inputOf, type Model, outputCount } from "./model.js";

/** f'' by f. */
const secondDerivatives: Record<Activation, (a: number) => number> = {
  tanh: (a) => -2 * a * (1 - a * a),
  relu: () => 0, // but at the kink
  sigmoid: (a) => a * (1 - a) * (1 - 2 * a),
};

/** After `runModel`; laid out like parameters. */
export async function hessianDiagonal(model: Model, pause: Pause): Promise<Float64Array> {
  const { network, layers, rows, parameters, inputs } = model;
  const { activations, derivatives, deltas } = network.buffers;
  const last = layers.length - 1;
  const secondDerivative = secondDerivatives[model.activation];
  const diagonal = new Float64Array(parameters.length);
  network.loss(inputs, rows);
  network.gradient(parameters, inputs, rows, diagonal); // for its δ
  await pause();

  const units = layers.map(({ outputs }) => new Float64Array(rows * outputs)); // P_l[s][i,i]
  units[last].fill(SECOND_DERIVATIVE / outputCount(model));
  const ofOutputs = last > 0 ? await gram(layers[last], parameters, units[last][0], pause) : null;
  for (let s = 0; s < rows; s++) {
    let product = ofOutputs;
    for (let l = last - 1; l >= 0 && product; l--) {
      const n = layers[l].outputs;
      const slope = derivatives[l].subarray(s * n, (s + 1) * n);
      const below = transposed(layers[l + 1], parameters, deltas[l + 1], s);
      const P = scaled(product, slope);
      for (let i = 0; i < n; i++) {
        P[i * n + i] += secondDerivative(activations[l][s * n + i]) * below[i];
        units[l][s * n + i] = P[i * n + i];
      }
      product = l > 0 ? sandwich(layers[l], parameters, P, l === 1) : null;
    }
    await pause();
  }
  layers.forEach((layer, l) => {
    reduce(layer, units[l], inputOf(model, l), rows, square, diagonal);
  });
  return diagonal;
}

/** c Wᵀ W, the same for every sample. */
async function gram(
  { inputs, outputs, weights }: LayerLayout,
  parameters: FloatArray,
  c: number,
  pause: Pause,
): Promise<Float64Array> {
  const product = new Float64Array(inputs * inputs);
  for (let i = 0; i < outputs; i++) {
    const row = parameters.subarray(weights + i * inputs, weights + (i + 1) * inputs);
    addOuter(row, row, c, product, false);
    await pause();
  }
  return mirrored(product, inputs);
}

/** Wᵀ P W, or of it the diagonal alone. */
function sandwich(
  { inputs, outputs, weights }: LayerLayout,
  parameters: FloatArray,
  P: Float64Array,
  diagonalAlone: boolean,
): Float64Array {
  const product = new Float64Array(inputs * inputs);
  const right = new Float64Array(inputs);
  for (let i = 0; i < outputs; i++) {
    right.fill(0); // (P W)[i]
    for (let k = 0; k < outputs; k++) {
      const p = P[i * outputs + k];
      const w = weights + k * inputs;
      for (let j = 0; j < inputs; j++) right[j] += p * parameters[w + j];
    }
    const row = parameters.subarray(weights + i * inputs, weights + (i + 1) * inputs);
    addOuter(row, right, 1, product, diagonalAlone);
  }
  return diagonalAlone ? product : mirrored(product, inputs);
}

/** product += c x yᵀ, its lower triangle or its diagonal. */
function addOuter(
  x: FloatArray,
  y: FloatArray,
  c: number,
  product: Float64Array,
  diagonalAlone: boolean,
): void {
  const n = x.length;
  for (let p = 0; p < n; p++) {
    const value = c * x[p];
    for (let q = diagonalAlone ? p : 0; q <= p; q++) product[p * n + q] += value * y[q];
  }
}

/** The upper triangle from the lower. */
function mirrored(matrix: Float64Array, n: number): Float64Array {
  for (let p = 0; p < n; p++) for (let q = 0; q < p; q++) matrix[q * n + p] = matrix[p * n + q];
  return matrix;
}

/** F' M F' */
function scaled(matrix: Float64Array, slope: FloatArray): Float64Array {
  const n = slope.length;
  const out = new Float64Array(n * n);
  for (let p = 0; p < n; p++) {
    for (let q = 0; q < n; q++) out[p * n + q] = slope[p] * matrix[p * n + q] * slope[q];
  }
  return out;
}

/** Wᵀ δ of sample s */
function transposed(
  { inputs, outputs, weights }: LayerLayout,
  parameters: FloatArray,
  delta: FloatArray,
  s: number,
): Float64Array {
  const out = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    const d = delta[s * outputs + o];
    for (let i = 0; i < inputs; i++) out[i] += d * parameters[weights + o * inputs + i];
  }
  return out;
}
