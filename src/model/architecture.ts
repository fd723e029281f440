import { z } from "zod";

export const ACTIVATIONS = ["tanh", "relu", "sigmoid"] as const;
/** Of the hidden units; the output is linear. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Typed arrays a network computes in: float32, or float64 on the reference kernels. */
export type FloatArray = Float32Array | Float64Array;

/** Of one network, as the native kernels have it. */
const MOST_PARAMETERS = 2 ** 30;

export const layerSizesSchema = z
  .array(
    z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(2 ** 20, "must be at most 1048576"),
  )
  .min(2, "must name at least the input and the output layer")
  .max(65, "must name at most 65 layers")
  .refine(
    (sizes) => parameterCount(sizes) <= MOST_PARAMETERS,
    "make too many parameters, more than 1073741824",
  )
  .readonly();
export const activationSchema = z.enum(ACTIVATIONS, { error: `must be one of ${ACTIVATIONS.join(", ")}` });

/** Where one weight layer lies in the flat parameters. */
export interface LayerLayout {
  inputs: number;
  outputs: number;
  /** Weights [outputs × inputs], row-major. */
  weights: number;
  /** Biases [outputs]. */
  biases: number;
}

/** The flat layout: layer by layer weights, then biases. `layerSizes` are units: 784, 256, ..., 784. */
export function layoutOf(layerSizes: readonly number[]): LayerLayout[] {
  let offset = 0;
  return layerSizes.slice(1).map((outputs, layer) => {
    const inputs = layerSizes[layer];
    const weights = offset;
    const biases = weights + inputs * outputs;
    offset = biases + outputs;
    return { inputs, outputs, weights, biases };
  });
}

export function parameterCount(layerSizes: readonly number[]): number {
  return layerSizes.slice(1).reduce((sum, outputs, layer) => sum + (layerSizes[layer] + 1) * outputs, 0);
}
