// The denominators of eq. (6) over tensors, some samples of the batch at a time; the formulas stand beside the plain
// loops in src/kernels/reference-curvature.ts.

import type { Tensor, Tensor2D, Tensor3D } from "@tensorflow/tfjs-core";
import type { ForwardPass, TfjsNetwork } from "./network.js";

/** Of each hidden layer at most so many arrays of the size of its δ live at a time: |δ| and δ, or the product and δ. */
const COPIES = 2;

/** How many samples' δ of all hidden layers fit into so many MiB, at least one. */
export function samplesWithin(megabytes: number, network: TfjsNetwork, outputs: number): number {
  const hidden = network.layers.slice(0, -1).reduce((sum, { layout }) => sum + layout.outputs, 0);
  return Math.max(1, Math.floor((megabytes * 2 ** 20) / (COPIES * 4 * outputs * Math.max(1, hidden))));
}

/**
 * What samples first..last contribute to h, laid out like the variables. To be called inside tf.tidy.
 *
 * @param picked the outputs to draw the hidden sums from; null: all of them
 */
export function partialCurvature(
  network: TfjsNetwork,
  pass: ForwardPass,
  first: number,
  last: number,
  picked: Int32Array | null,
): Tensor[] {
  const { tf, layers } = network;
  const top = layers.length - 1;
  const { outputs, inputs: width } = layers[top].layout;
  const rows = pass.output.shape[0];
  const count = last - first;
  const take = (tensor: Tensor2D): Tensor2D => tf.slice(tensor, [first, 0], [count, tensor.shape[1]]);
  const magnitudes = pass.inputs.map((input) => tf.abs(take(input)));
  /** ‖a_l‖₁ + 1, [s × 1] */
  const norms = magnitudes.map((a) => tf.add(tf.sum(a, 1, true), 1) as Tensor2D);
  const derivatives = pass.derivatives.map(take);
  const scale = 1 / (rows * outputs);
  /** L'', [s × outputs] and of the picked outputs [s × k] */
  const weight = network.objective.curvatures(take(pass.output));
  const picks = picked ? (tf.gather(weight, tf.tensor1d(picked, "int32"), 1) as Tensor2D) : weight;
  const k = picked?.length ?? outputs;

  // |δ| of every hidden layer, [s × k × i], from the top down.
  const deltas: Tensor3D[] = [];
  if (top > 0) {
    const weights = layers[top].weights;
    const rowsOfW = picked ? tf.gather(weights, tf.tensor1d(picked, "int32")) : weights;
    let delta = tf.mul(
      tf.reshape(rowsOfW, [1, k, width]),
      tf.expandDims(derivatives[top - 1], 1),
    ) as Tensor3D;
    deltas[top - 1] = tf.abs(delta);
    for (let l = top - 2; l >= 0; l--) {
      const { inputs: below, outputs: units } = layers[l + 1].layout;
      const above = delta;
      delta = tf.tidy(() => {
        const product = tf.matMul(tf.reshape(above, [count * k, units]), layers[l + 1].weights);
        return tf.mul(tf.reshape(product, [count, k, below]), tf.expandDims(derivatives[l], 1)) as Tensor3D;
      });
      above.dispose(); // at once, not with the whole pass: it is large
      deltas[l] = tf.abs(delta);
    }
    delta.dispose();
  }
  // R of the picked outputs, [s × k]; shares[top − 1] is their T.
  const shares = deltas.map((delta, l) => tf.mul(tf.sum(delta, 2), norms[l]) as Tensor2D);
  const hidden = shares.reduce((sum, share) => tf.add(sum, share), tf.zeros([count, k]) as Tensor2D);
  const residual = tf.add(hidden, norms[top]) as Tensor2D;

  const weighted = tf.mul(residual, picks);
  const v = deltas.map((delta) => {
    const sums = tf.matMul(tf.reshape(weighted, [count, 1, k]), delta);
    return tf.mul(tf.reshape(sums, [count, delta.shape[2]]), scale * (outputs / k)) as Tensor2D;
  });
  v.push(tf.mul(picked ? tf.mul(everyResidual(picked), weight) : weighted, scale));
  return v.flatMap((sum, l) => [network.product(sum, magnitudes[l], { transposeA: true }), tf.sum(sum, 0)]);

  /** R of every output: of those picked as it is, of the others norm + c T with c = Σ hidden R / Σ T over the picked. */
  function everyResidual(indices: Int32Array): Tensor2D {
    const places = tf.oneHot(tf.tensor1d(indices, "int32"), outputs) as Tensor2D;
    const exact = tf.matMul(residual, tf.cast(places, "float32"));
    const others = tf.sub(1, tf.cast(tf.sum(places, 0), "float32"));
    if (top === 0) return tf.add(exact, tf.mul(norms[top], others));
    const sumT = tf.sum(shares[top - 1], 1, true);
    // 0 where ΣT is: then the numerator is 0 as well, and dividing by 1 instead keeps it.
    const c = tf.div(tf.sum(hidden, 1, true), tf.add(sumT, tf.cast(tf.equal(sumT, 0), "float32")));
    const weights = tf.abs(layers[top].weights) as Tensor2D;
    const reach = network.product(tf.abs(derivatives[top - 1]), weights, { transposeB: true });
    const estimate = tf.add(norms[top], tf.mul(c, tf.mul(reach, norms[top - 1])));
    return tf.add(exact, tf.mul(estimate, others));
  }
}
