import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { z } from "zod";
import { stream } from "../random/streams.js";
import { parseWith } from "../validation.js";
import { layerSizesSchema, layoutOf, parameterCount } from "./architecture.js";

const seedSchema = z.int("must be a whole number").min(0, "must be at least 0");

/**
 * Glorot and Bengio's uniform initialization: weights in ±√(6 / (inputs + outputs)), biases 0.
 * The same seed gives the same parameters to every optimizer and engine.
 *
 * @throws RpBenchError CONFIG_INVALID
 * @returns flat parameters, layer by layer weights [outputs × inputs] row-major, then biases.
 */
export function initialParameters(layerSizes: readonly number[], seed: number): Float32Array {
  parseWith(layerSizesSchema, layerSizes, (path) => `layerSizes${path}`);
  parseWith(seedSchema, seed, () => "seed");
  const parameters = new Float32Array(parameterCount(layerSizes));
  const random = stream(seed, "initialization");
  for (const { inputs, outputs, weights, biases } of layoutOf(layerSizes)) {
    const limit = Math.sqrt(6 / (inputs + outputs));
    for (let i = weights; i < biases; i++) parameters[i] = limit * (2 * uniformFloat64(random) - 1);
  }
  return parameters;
}
