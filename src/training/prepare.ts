// What is checked before anything is written: the data, the sizes, the engine.

import { withinSteps } from "../config/presets.js";
import type { DatasetName } from "../data/catalogue.js";
import { type Dataset, loadDataset } from "../data/load.js";
import { type Splits, splitDataset } from "../data/splits.js";
import { chooseEngine, createEngine, type EngineOptions } from "../engines/create-engine.js";
import type { Engine, EngineName } from "../engines/engine.js";
import { RpBenchError } from "../errors.js";

interface Sizes {
  trainLimit: number | null;
  batchSize: number;
}
interface Surroundings {
  /** Where datasets are looked for first. */
  dataDir: string | undefined;
  warn(message: string): void;
}

/**
 * Loads a dataset and checks that the sizes fit it. Nothing about the data is silent: another place than the one named,
 * other files than the known ones.
 *
 * @throws RpBenchError DATASET_ABSENT, DATA_CORRUPT, CONFIG_INVALID
 */
export async function prepareDataset(
  name: DatasetName,
  sizes: Sizes,
  { dataDir, warn }: Surroundings,
): Promise<{ dataset: Dataset; splits: Splits }> {
  const dataset = await loadDataset(name, { dataDir });
  const { entry, verified, location } = dataset;
  const named = dataDir ? ["--data-dir", dataDir] : ["RP_BENCH_DATA", process.env.RP_BENCH_DATA];
  if (named[1] && location.origin !== named[0]) {
    warn(`${named[0]} ${named[1]} has no whole ${name}; using ${location.folder} (${location.origin})`);
  }
  if (!verified) {
    warn(`these files of ${entry.title} are not the known ones; manifest, summary and figures say so`);
  }
  const { trainLimit, batchSize } = sizes;
  if (trainLimit !== null && trainLimit > dataset.train.count) {
    const message = `trainLimit (--train-limit): ${name} has ${dataset.train.count} training images, got ${trainLimit}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const splits = splitDataset(dataset, trainLimit);
  if (batchSize > splits.train.count) {
    const message = `batchSize (--batch-size): must be at most ${splits.train.count}, the images ${name} trains on here, got ${batchSize}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  return { dataset, splits };
}

/** The engine that is asked for; of "auto", native, else wasm, else reference. A warning says what was passed over. */
export async function selectEngine(
  name: EngineName | "auto",
  options: EngineOptions,
  warn: (message: string) => void,
): Promise<Engine> {
  if (name !== "auto") return createEngine(name, { ...options, warn });
  const { engine, fallback } = await chooseEngine(options);
  if (fallback) warn(fallback);
  return engine;
}

/** A configuration for so many steps: files other than the known ones may have fewer images than it was checked for. */
export function withinRun<T extends { optimizers: readonly { label: string }[] }>(
  config: T,
  steps: number,
  warn: (message: string) => void,
): T {
  const optimizers = config.optimizers.map((entry) => {
    const fitting = withinSteps(entry, steps);
    if (fitting !== entry) {
      warn(
        `${entry.label}: the warm-up is longer than the ${steps} steps of the run, so its rate rises to the end`,
      );
    }
    return fitting;
  });
  return { ...config, optimizers };
}
