// How often a run is evaluated where nothing is asked for. Decided by counting multiplications and never by a clock, so that
// the same command makes the same rows on every machine.

import type { OptimizerEntry, RunConfig } from "../config/schema.js";
import type { Splits } from "../data/splits.js";

/** Evaluations an epoch, the most first. */
const TIMES = [6, 3, 2];
/** Of the training's work, what its evaluations may take. */
const SHARE = 0.1;

/**
 * Steps between evaluations: those of a sixth, a third or half of an epoch, where evaluating all three splits so often
 * takes less than a tenth of the training's work, over all optimizers; else null, the end of each epoch. The end of every
 * epoch is evaluated either way.
 */
export function evaluationInterval(
  { layerSizes, batchSize, optimizers }: Pick<RunConfig, "layerSizes" | "batchSize" | "optimizers">,
  { train, validation, test }: Splits,
): number | null {
  const steps = Math.floor(train.count / batchSize);
  const images = train.count + validation.count + test.count;
  const evaluating = optimizers.length * images * forwardWork(layerSizes);
  const training =
    steps * batchSize * optimizers.reduce((sum, entry) => sum + stepWork(entry, layerSizes), 0);
  const times = TIMES.find((count) => steps % count === 0 && count * evaluating < SHARE * training);
  return times === undefined ? null : steps / times;
}

/** Multiplications for an image, forward. */
function forwardWork(sizes: readonly number[]): number {
  return products(sizes).reduce((sum, product) => sum + product, 0);
}

/** The same for an image of a step: forward, and twice that backward; of RP the δ of each output that it looks at, too. */
function stepWork(entry: OptimizerEntry, sizes: readonly number[]): number {
  const work = 3 * forwardWork(sizes);
  if (entry.name !== "rp") return work;
  const outputs = entry.curvature === "exact" ? sizes[sizes.length - 1] : entry.curvature.outputs;
  // Through the hidden layers alone: of the output layer a δ is 1, and the images have none.
  const hidden = products(sizes).slice(1, -1);
  return work + outputs * hidden.reduce((sum, product) => sum + product, 0);
}

/** Of the units of each layer and the next one. */
function products(sizes: readonly number[]): number[] {
  return sizes.slice(1).map((size, index) => size * sizes[index]);
}
