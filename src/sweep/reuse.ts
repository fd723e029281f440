// Runs that another study's folder already has. A run's numbers depend on its configuration, data and engine alone, so
// where those are equal it need not be made twice.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type StudyConfig, studyConfigSchema } from "../config/study-schema.js";
import { RpBenchError } from "../errors.js";
import {
  arithmeticOf,
  asWritten,
  checksumsOf,
  differenceOf,
  flatten,
  type Manifest,
  readManifest,
  type WrittenManifest,
  withoutPath,
} from "../results/manifest.js";
import { type LoadedRun, ResultFolder } from "../results/result-folder.js";
import { parseWith } from "../validation.js";
import type { PlannedRun } from "./plan.js";

export type ReusableRuns = (run: PlannedRun) => (LoadedRun & { logPath: string }) | null;

/**
 * Finished runs of the folder at `path` for the datasets and optimizers that are the same there.
 *
 * @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT; CONFIG_INVALID where its runs were made under other settings
 */
export function openReusable(path: string, config: StudyConfig, manifest: Manifest): ReusableRuns {
  const manifestPath = join(path, "manifest.json");
  if (!existsSync(manifestPath)) {
    throw new RpBenchError("RESULTS_ABSENT", `--reuse ${path}: not a result folder, it has no manifest.json`);
  }
  const there = readManifest(manifestPath);
  const nameOf = (key: string) => `${manifestPath}: config.${key}`;
  const other = parseWith(studyConfigSchema, there.config, nameOf, "DATA_CORRUPT");
  const common = ({ activation, batchSize, epochs, evalEvery, trainLimit }: typeof other | StudyConfig) => ({
    ...{ activation, batchSize, epochs, evalEvery, trainLimit },
  });
  const here = asWritten(manifest);
  const decides = (from: WrittenManifest, settings: object) => {
    const { formatVersion, divergence, engine } = from;
    return flatten({
      ...settings,
      formatVersion,
      divergence,
      engine: engine.name,
      "instruction set": arithmeticOf(engine),
    });
  };
  const difference = differenceOf(decides(there, common(other)), decides(here, common(config)));
  if (difference) {
    const message = `--reuse ${path}: its runs are others: ${difference}; reuse a study of the same settings`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const datasets = config.datasets.filter(({ name, layerSizes, tuningEpochs }) => {
    const checksums = (from: WrittenManifest) => flatten(checksumsOf(from.datasets)[name]);
    const same = other.datasets.find((one) => one.name === name);
    return (
      same?.tuningEpochs === tuningEpochs &&
      differenceOf(flatten(same.layerSizes), flatten(layerSizes)) === null &&
      differenceOf(checksums(there), checksums(here)) === null
    );
  });
  const entries = config.optimizers.map(withoutPath).filter(({ learningRates: _here, ...settings }) => {
    const same = other.optimizers.find(({ label }) => label === settings.label);
    const { learningRates: _there, ...others } = same ?? { learningRates: [] };
    return differenceOf(flatten(others), flatten(settings)) === null;
  });
  const folder = ResultFolder.of(path);
  return (run) => {
    if (!datasets.some(({ name }) => name === run.dataset)) return null;
    if (!entries.some(({ label }) => label === run.label)) return null;
    const there = folder.finished(run);
    if (there?.record.role !== run.role) return null; // a seed may serve for one thing there and for another here
    return { ...there, logPath: folder.logPath(run) };
  };
}
