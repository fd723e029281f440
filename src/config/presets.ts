// What is tuned for a dataset and a loss.

import { existsSync } from "node:fs";
import { CATALOGUE, type DatasetName, trainCountOf } from "../data/catalogue.js";
import { trainedCount } from "../data/splits.js";
import { RpBenchError } from "../errors.js";
import type { Loss } from "../model/objective.js";
import { packagedConfig, type Raw, readConfig } from "./files.js";

/**
 * configs/<dataset>.json has what is tuned for the squared error, configs/<dataset>-<loss>.json for another loss. A dataset
 * that is new here may have none.
 */
export function preset(dataset: DatasetName, loss: Loss): Raw {
  return packaged(loss === "mse" ? dataset : `${dataset}-${loss}`);
}

function packaged(name: string): Raw {
  const path = packagedConfig(name);
  return existsSync(path) ? readConfig(path) : {};
}

/** Its optimizers: those of a run that names none. */
export function presetOptimizers(dataset: DatasetName, loss: Loss): Raw[] | undefined {
  return preset(dataset, loss).optimizers as Raw[] | undefined;
}

/** Those that a run may name: configs/<dataset>-rivals.json has more, tuned for the squared error. */
export function tunedOptimizers(dataset: DatasetName, loss: Loss): Raw[] {
  const rivals = loss === "mse" ? packaged(`${dataset}-rivals`).optimizers : undefined;
  return [...(presetOptimizers(dataset, loss) ?? []), ...((rivals as Raw[] | undefined) ?? [])];
}

/**
 * The same optimizer for a run of so many steps. Where its warm-up is longer, the rate rises as it does in a long run and
 * goes no further: the rate to be reached is a smaller one, in three digits.
 */
export function withinSteps<T extends object>(entry: T, steps: number): T {
  const { warmupSteps, learningRate } = entry as { warmupSteps?: unknown; learningRate?: unknown };
  if (typeof warmupSteps !== "number" || warmupSteps <= steps) return entry;
  const reached =
    typeof learningRate === "number"
      ? Number(((learningRate * steps) / warmupSteps).toPrecision(3))
      : learningRate;
  return { ...entry, warmupSteps: steps, learningRate: reached };
}

/** Updates of a run; of settings that are not checked yet and wrong, infinitely many. */
export function stepsOf(dataset: DatasetName, { batchSize = 100, epochs = 10, trainLimit }: Raw): number {
  const count = trainCountOf(CATALOGUE[dataset]);
  const limit = typeof trainLimit === "number" ? Math.min(trainLimit, count) : count;
  const steps = Math.floor(trainedCount(limit) / Number(batchSize)) * Number(epochs);
  return steps > 0 ? steps : Number.POSITIVE_INFINITY;
}

/** No rate may rise for longer than a run lasts. @throws RpBenchError CONFIG_INVALID */
export function requireWarmup(
  optimizers: readonly object[],
  steps: number,
  nameOf: (key: string) => string,
): void {
  optimizers.forEach((entry, index) => {
    const warmupSteps = "warmupSteps" in entry ? Number(entry.warmupSteps) : 0;
    if (warmupSteps <= steps) return;
    const name = nameOf(`optimizers[${index}].warmupSteps`);
    const message = `${name}: must be at most ${steps}, the steps of the run, got ${warmupSteps}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  });
}
