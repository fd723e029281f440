import { type Activation, layoutOf } from "./architecture.js";
import { type Loss, sigmoid } from "./objective.js";

export interface TrainedModel {
  layerSizes: readonly number[];
  activation: Activation;
  loss: Loss;
  parameters: ArrayLike<number>;
}

const functions: Record<Activation, (z: number) => number> = {
  tanh: Math.tanh,
  relu: (z) => Math.max(0, z),
  sigmoid,
};

/** What a model makes of one image, where outputs are logits their means; for looking at, not for measuring. */
export function reconstruct(
  { layerSizes, activation, loss, parameters }: TrainedModel,
  image: ArrayLike<number>,
): number[] {
  const layers = layoutOf(layerSizes);
  return layers.reduce<number[]>((input, { inputs, outputs, weights, biases }, l) => {
    return Array.from({ length: outputs }, (_, o) => {
      let z = parameters[biases + o];
      for (let i = 0; i < inputs; i++) z += parameters[weights + o * inputs + i] * input[i];
      if (l < layers.length - 1) return functions[activation](z);
      return loss === "cross-entropy" ? sigmoid(z) : z;
    });
  }, Array.from(image));
}
