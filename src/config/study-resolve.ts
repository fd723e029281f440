// From a configuration file and flags to one complete configuration of a study.

import { requireHeeded } from "../engines/create-engine.js";
import { RpBenchError } from "../errors.js";
import { parseWith } from "../validation.js";
import { configPath, FLAGS, type Raw, readConfig } from "./resolve.js";
import type { OptimizerEntry } from "./schema.js";
import { resolveProblems } from "./study-problems.js";
import {
  type ParsedStudy,
  type StudyConfig,
  type StudyEntry,
  type StudyProblem,
  studyConfigSchema,
} from "./study-schema.js";
import { type Variant, variantsOf } from "./study-search.js";

/** Tuning seeds begin so far above the first final one, so that no seed serves for both. */
const TUNING_OFFSET = 1000;

/** Those that come with the program. */
const STUDIES = ["paper", "extensions", "rivals", "overfitting", "readings", "quick"];

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
  const parsed = parseWith(studyConfigSchema, { ...file, ...overrides }, nameOf);
  requireHeeded(parsed.engine, parsed, nameOf);
  // What flags set, they set for every problem; tuning never takes longer than what it tunes for.
  const flagged = Object.fromEntries(
    ["epochs", "trainLimit"].flatMap((key) => (key in overrides ? [[key, undefined]] : [])),
  );
  const datasets = parsed.datasets.map((entry) => ({
    ...entry,
    ...flagged,
    tuningEpochs: "epochs" in overrides ? Math.min(entry.tuningEpochs, parsed.epochs) : entry.tuningEpochs,
  }));
  return completeStudy({ ...parsed, datasets }, nameInFile);
}

/**
 * With the study's settings for each problem, and the budget as a number.
 *
 * @throws RpBenchError CONFIG_INVALID
 */
export function completeStudy(
  { $schema: _, ...study }: ParsedStudy,
  nameOf: (key: string) => string,
): StudyConfig {
  const mostTrials = study.mostTrials ?? study.mostRates * study.tuningSeeds;
  study.optimizers.forEach((entry, index) => {
    const first = entry.learningRates.length * variantsOf(entry).length * study.tuningSeeds;
    // Without a search of settings the limit is one of rates, and its first rates are tried in any case.
    if (entry.search === undefined || first <= mostTrials) return;
    const message = `${nameOf(`optimizers[${index}].search`)}: the first rates at every setting are ${first} trials, and mostTrials is ${mostTrials}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  });
  return { ...study, mostTrials, datasets: resolveProblems(study, nameOf) };
}

/** The seeds each rate is tried with. */
export function tuningSeedsOf({ seed, tuningSeeds }: StudyConfig): number[] {
  return Array.from({ length: tuningSeeds }, (_, index) => seed + TUNING_OFFSET + index);
}

/** The seeds of the final runs, the same for every optimizer. */
export function finalSeedsOf({ seed }: StudyConfig, { finalSeeds }: StudyProblem): number[] {
  return Array.from({ length: finalSeeds }, (_, index) => seed + index);
}

/** An optimizer of a study at one rate, and one choice of what is searched beside it. */
export function optimizerAt(
  { label: _label, learningRates: _rates, search: _search, ...settings }: StudyEntry,
  learningRate: number,
  { settings: chosen }: Variant,
): Unlabelled<OptimizerEntry> {
  if (settings.name === "module") {
    return { ...settings, learningRate, settings: { ...settings.settings, ...chosen } };
  }
  // The schema has tried every choice.
  return { ...settings, ...chosen, learningRate } as Unlabelled<OptimizerEntry>;
}

type Unlabelled<Entry> = Entry extends unknown ? Omit<Entry, "label"> : never;
