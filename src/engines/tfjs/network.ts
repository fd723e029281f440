// The autoencoder over tensors. Index letters: s sample of the batch, k output, l layer, i its unit, j its input.

import type { Rank, Scalar, Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import { type Activation, type LayerLayout, layoutOf } from "../../model/architecture.js";
import type { Tf } from "./backends.js";
import type { TfjsObjective } from "./objective.js";

export interface LayerVariables {
  layout: LayerLayout;
  /** [outputs × inputs] */
  weights: Variable<Rank.R2>;
  /** [outputs] */
  biases: Variable<Rank.R1>;
}

export interface ForwardPass {
  /** What goes into each layer, [samples × inputs]. */
  inputs: Tensor2D[];
  /** f'(z) of each hidden layer, [samples × units]. */
  derivatives: Tensor2D[];
  /** [samples × outputs] */
  output: Tensor2D;
}

export class TfjsNetwork {
  readonly layers: LayerVariables[];

  constructor(
    readonly tf: Tf,
    layerSizes: readonly number[],
    readonly activation: Activation,
    parameters: Float32Array,
    readonly objective: TfjsObjective,
  ) {
    this.layers = layoutOf(layerSizes).map((layout) => {
      const { inputs, outputs, weights, biases } = layout;
      const values = (from: number, count: number) => parameters.slice(from, from + count);
      return {
        layout,
        weights: variableOf(tf, tf.tensor2d(values(weights, outputs * inputs), [outputs, inputs])),
        biases: variableOf(tf, tf.tensor1d(values(biases, outputs))),
      };
    });
  }

  /** In the order of the flat parameters. */
  get variables(): Variable[] {
    return this.layers.flatMap(({ weights, biases }) => [weights, biases]);
  }

  /** What evaluating needs of a forward pass. */
  propagate(batch: Tensor2D): Pick<ForwardPass, "inputs" | "output"> {
    const { tf } = this;
    const inputs: Tensor2D[] = [];
    let a = batch;
    this.layers.forEach(({ weights, biases }, l) => {
      inputs.push(a);
      const z = tf.add(this.product(a, weights, { transposeB: true }), biases) as Tensor2D;
      a = l === this.layers.length - 1 ? z : this.activate(z);
    });
    return { inputs, output: a };
  }

  /** With f', which is a function of f, the next layer's input, for every activation here. */
  forward(batch: Tensor2D): ForwardPass {
    const pass = this.propagate(batch);
    return { ...pass, derivatives: pass.inputs.slice(1).map((a) => this.derivative(a)) };
  }

  /**
   * A product of matrices. On wasm only plain ones go to its fast kernel, so there transposing comes first: a forward
   * layer of 784 × 256 takes an eighth of the time. On cpu it gains nothing.
   */
  product(a: Tensor2D, b: Tensor2D, { transposeA = false, transposeB = false } = {}): Tensor2D {
    const { tf } = this;
    if (tf.getBackend() !== "wasm") return tf.matMul(a, b, transposeA, transposeB);
    return tf.matMul(transposeA ? tf.transpose(a) : a, transposeB ? tf.transpose(b) : b);
  }

  /** The mean loss over samples and outputs. */
  loss(batch: Tensor2D, output: Tensor2D): Scalar {
    const { tf } = this;
    // Row by row first: wasm sums one value after the other, and a long sum loses digits.
    return tf.mean(tf.mean(this.objective.values(output, batch), 1));
  }

  /**
   * Its gradient, in the order of the variables. By hand: TensorFlow.js's own derivatives come only with its whole
   * package, and the curvature needs the same forward pass.
   */
  gradient(batch: Tensor2D, { inputs, derivatives, output }: ForwardPass): Tensor[] {
    const { tf, layers } = this;
    let delta = tf.mul(this.objective.slopes(output, batch), 1 / output.size) as Tensor2D;
    const gradient: Tensor[] = [];
    for (let l = layers.length - 1; l >= 0; l--) {
      gradient.unshift(this.product(delta, inputs[l], { transposeA: true }), tf.sum(delta, 0));
      if (l > 0) delta = tf.mul(tf.matMul(delta, layers[l].weights), derivatives[l - 1]);
    }
    return gradient;
  }

  /** J v, the derivative of the outputs along changes of the variables, in their order: a tangent carried forwards. */
  tangent({ inputs, derivatives }: Omit<ForwardPass, "output">, direction: readonly Tensor[]): Tensor2D {
    const { tf, layers } = this;
    return layers.reduce<Tensor2D | null>((below, { weights }, l) => {
      const [V, v] = [direction[2 * l] as Tensor2D, direction[2 * l + 1]];
      let change = tf.add(this.product(inputs[l], V, { transposeB: true }), v) as Tensor2D;
      if (below) change = tf.add(change, this.product(below, weights, { transposeB: true }));
      return l === layers.length - 1 ? change : tf.mul(change, derivatives[l]);
    }, null) as Tensor2D;
  }

  /** The same arrays as one flat one. */
  async read(tensors: readonly Tensor[], out: Float32Array): Promise<Float32Array> {
    const parts = await Promise.all(tensors.map((tensor) => tensor.data()));
    return join(parts as Float32Array[], out);
  }

  readSync(tensors: readonly Tensor[], out: Float32Array): Float32Array {
    return join(
      tensors.map((tensor) => tensor.dataSync() as Float32Array),
      out,
    );
  }

  assign(parameters: Float32Array): void {
    const { tf } = this;
    tf.tidy(() => {
      for (const { layout, weights, biases } of this.layers) {
        const { inputs, outputs, weights: from, biases: end } = layout;
        weights.assign(tf.tensor2d(parameters.slice(from, end), [outputs, inputs]));
        biases.assign(tf.tensor1d(parameters.slice(end, end + outputs)));
      }
    });
  }

  dispose(): void {
    this.tf.dispose(this.variables);
  }

  private activate(z: Tensor2D): Tensor2D {
    const { tf } = this;
    switch (this.activation) {
      case "tanh":
        return tf.tanh(z);
      case "relu":
        return tf.relu(z);
      case "sigmoid":
        return tf.sigmoid(z);
    }
  }

  private derivative(a: Tensor2D): Tensor2D {
    const { tf } = this;
    switch (this.activation) {
      case "tanh":
        return tf.sub(1, tf.square(a));
      case "relu":
        return tf.cast(tf.greater(a, 0), "float32");
      case "sigmoid":
        return tf.mul(a, tf.sub(1, a));
    }
  }
}

/** A variable that begins as a tensor, which it takes the place of. */
export function variableOf<R extends Rank>(tf: Tf, initial: Tensor<R>): Variable<R> {
  const made = tf.variable(initial);
  initial.dispose();
  return made;
}

function join(parts: readonly Float32Array[], out: Float32Array): Float32Array {
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
