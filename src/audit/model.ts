import { createReferenceNetwork, type ReferenceNetwork } from "../kernels/reference.js";
import { type Activation, type FloatArray, type LayerLayout, layoutOf } from "../model/architecture.js";

/** A network in float64 at some parameters and batch, as `runModel` left it. Index letters: src/kernels/kernels.ts. */
export interface Model {
  network: ReferenceNetwork;
  layers: LayerLayout[];
  activation: Activation;
  rows: number;
  parameters: Float64Array;
  /** [rows × inputs], also the targets. */
  inputs: Float64Array;
}

export function createModel(layerSizes: readonly number[], activation: Activation, rows: number): Model {
  const layers = layoutOf(layerSizes);
  return {
    network: createReferenceNetwork(
      { layerSizes, activation, rows, loss: "mse", curvatureBound: "jaakkola-jordan" },
      "double",
    ),
    ...{ layers, activation, rows },
    parameters: new Float64Array(layers[layers.length - 1].biases + layers[layers.length - 1].outputs),
    inputs: new Float64Array(rows * layerSizes[0]),
  };
}

/** Takes over parameters and a batch, runs the network on them and returns the mean squared error. */
export function runModel(model: Model, parameters: FloatArray, batch: FloatArray): number {
  model.parameters.set(parameters);
  model.inputs.set(batch);
  model.network.forward(model.parameters, model.inputs, model.rows);
  return model.network.loss(model.inputs, model.rows);
}

/** a_l, what layer l reads. */
export function inputOf({ inputs, network }: Model, l: number): FloatArray {
  return l === 0 ? inputs : network.buffers.activations[l - 1];
}

/** S, the values of a batch's outputs. */
export function outputCount({ layers, rows }: Model): number {
  return rows * layers[layers.length - 1].outputs;
}
