import { existsSync, readFileSync } from "node:fs";
import { messageOf, RpBenchError } from "../errors.js";
import { ACTIVATIONS, parameterCount } from "./architecture.js";
import { LOSSES } from "./objective.js";
import type { TrainedModel } from "./reconstruct.js";

export { reconstruct } from "./reconstruct.js";

/** Reads a trained model back from a run's safetensors file, which src/results/safetensors.ts writes. @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT */
export function readSavedModel(path: string): TrainedModel {
  if (!existsSync(path)) {
    const run = path.replace(/\.safetensors$/, "");
    const message = existsSync(`${run}.json`)
      ? `${path}: the run saved no parameters; run it again without --no-save-parameters, to its end`
      : `${run}: no such run; name one of a result folder's runs/, without its ending`;
    throw new RpBenchError("RESULTS_ABSENT", message);
  }
  try {
    const bytes = readFileSync(path);
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    const { __metadata__: metadata } = JSON.parse(bytes.toString("utf8", 8, start));
    const layerSizes = String(metadata.layer_sizes).split(",").map(Number);
    const activation = ACTIVATIONS.find((name) => name === metadata.activation);
    const count = parameterCount(layerSizes);
    const loss = LOSSES.find((name) => name === (metadata.loss ?? "mse")); // earlier files had no other
    if (!activation || !loss || layerSizes[0] !== layerSizes.at(-1) || bytes.length !== start + 4 * count)
      throw new Error("its header and length do not agree");
    const parameters = Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(start + 4 * i));
    return { layerSizes, activation, loss, parameters };
  } catch (error) {
    throw new RpBenchError("DATA_CORRUPT", `${path}: not saved parameters (${messageOf(error)})`, {
      cause: error,
    });
  }
}
