// From a configuration file and flags to one complete configuration of a study.

import { requireHeeded } from "../engines/create-engine.js";
import { RpBenchError } from "../errors.js";
import { parseWith } from "../validation.js";
import { configPath, FLAGS, layerSizesFor, type Raw, readConfig, requireOutputs } from "./resolve.js";
import { type StudyConfig, type StudyDataset, type StudyEntry, studyConfigSchema } from "./study-schema.js";

/** Tuning seeds begin so far above the first final one, so that no seed serves for both. */
const TUNING_OFFSET = 1000;

/** Those that come with the program. */
const STUDIES = ["paper", "extensions", "quick"];

/** A file's path, or the name of a configuration that comes with the program. @throws RpBenchError CONFIG_INVALID */
export function studyConfigPath(nameOrPath: string): string {
  return configPath(nameOrPath, STUDIES);
}

/**
 * @param overrides what flags set, by key: epochs, seed, trainLimit, engine, backend, tensorMegabytes
 * @throws RpBenchError CONFIG_INVALID, naming the flag or the file's key
 */
export function resolveStudyConfig(path: string, overrides: Raw): StudyConfig {
  const file = readConfig(path);
  const nameInFile = (key: string) => `${path}: ${key || "the configuration"}`;
  if ("dataset" in file) {
    const message = `${path}: is of one dataset, for rp-bench run --config; a study has a list, datasets`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  parseWith(studyConfigSchema, file, nameInFile);
  const nameOf = (key: string) => (key in overrides ? (FLAGS[key] ?? key) : nameInFile(key));
  const { $schema: _, ...parsed } = parseWith(studyConfigSchema, { ...file, ...overrides }, nameOf);
  requireHeeded(parsed.engine, parsed, nameOf);
  const datasets = parsed.datasets.map((dataset, index) => {
    const { name } = dataset;
    const layerSizes = layerSizesFor(name, dataset.layerSizes, nameInFile(`datasets[${index}].layerSizes`));
    requireOutputs(parsed.optimizers, name, nameInFile, `the network on ${name}`);
    // --epochs makes a shorter study; tuning never takes longer than what it tunes for.
    const tuningEpochs =
      "epochs" in overrides ? Math.min(dataset.tuningEpochs, parsed.epochs) : dataset.tuningEpochs;
    return { ...dataset, layerSizes, tuningEpochs };
  });
  return { ...parsed, datasets };
}

/** The seeds each rate is tried with. */
export function tuningSeedsOf({ seed, tuningSeeds }: StudyConfig): number[] {
  return Array.from({ length: tuningSeeds }, (_, index) => seed + TUNING_OFFSET + index);
}

/** The seeds of the final runs, the same for every optimizer. */
export function finalSeedsOf({ seed }: StudyConfig, { finalSeeds }: StudyDataset): number[] {
  return Array.from({ length: finalSeeds }, (_, index) => seed + index);
}

/** An optimizer of a study at one rate. */
export function optimizerAt(
  { label: _label, learningRates: _rates, ...settings }: StudyEntry,
  learningRate: number,
) {
  return { ...settings, learningRate };
}
