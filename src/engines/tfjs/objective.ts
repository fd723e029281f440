// The losses of src/model/objective.ts, where their formulas stand, over tensors of outputs and targets.

import type { Tensor2D } from "@tensorflow/tfjs-core";
import { type CurvatureBound, type Loss, SECOND_DERIVATIVE, SMALL_LOGIT } from "../../model/objective.js";
import type { Tf } from "./backends.js";

/** L, L' and L'' of every output, [samples × outputs]; to be called inside tf.tidy. */
export interface TfjsObjective {
  values(output: Tensor2D, target: Tensor2D): Tensor2D;
  slopes(output: Tensor2D, target: Tensor2D): Tensor2D;
  curvatures(output: Tensor2D): Tensor2D;
}

export function tfjsObjective(tf: Tf, loss: Loss, curvatureBound: CurvatureBound): TfjsObjective {
  if (loss === "mse") {
    return {
      values: (y, t) => tf.square(tf.sub(y, t)),
      slopes: (y, t) => tf.mul(tf.sub(y, t), SECOND_DERIVATIVE),
      curvatures: (y) => tf.fill(y.shape, SECOND_DERIVATIVE),
    };
  }
  return {
    values: (z, t) =>
      tf.add(tf.sub(tf.relu(z), tf.mul(t, z)), tf.log1p(tf.exp(tf.neg(tf.abs(z))))) as Tensor2D,
    slopes: (z, t) => tf.sub(tf.sigmoid(z), t),
    curvatures: curvaturesOf(tf, curvatureBound),
  };
}

function curvaturesOf(tf: Tf, bound: CurvatureBound): (z: Tensor2D) => Tensor2D {
  switch (bound) {
    case "jaakkola-jordan":
      return (z) => {
        const size = tf.maximum(tf.abs(z), SMALL_LOGIT); // ¼ to seven digits there
        return tf.div(tf.tanh(tf.mul(size, 0.5)), tf.mul(size, 2));
      };
    case "exact":
      return (z) => {
        const e = tf.exp(tf.neg(tf.abs(z)));
        return tf.div(e, tf.square(tf.add(e, 1)));
      };
    case "boehning":
      return (z) => tf.fill(z.shape, 0.25);
  }
}
