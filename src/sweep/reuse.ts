// Runs that another study's folder already has. A run's numbers depend on its configuration, data and engine alone, so
// where those are equal it need not be made twice.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { completeStudy } from "../config/study-resolve.js";
import {
  type StudyConfig,
  type StudyEntry,
  type StudyProblem,
  studyConfigSchema,
} from "../config/study-schema.js";
import { RpBenchError } from "../errors.js";
import {
  arithmeticOf,
  asWritten,
  checksumsOf,
  differenceOf,
  flatten,
  formatOfRuns,
  type Manifest,
  otherFormat,
  readManifest,
  type WrittenManifest,
  withoutPath,
} from "../results/manifest.js";
import { type LoadedRun, ResultFolder } from "../results/result-folder.js";
import { parseWith } from "../validation.js";
import type { PlannedRun } from "./plan.js";

export type ReusableRuns = (run: PlannedRun) => (LoadedRun & { logPath: string }) | null;

/**
 * Finished runs of the folder at `path` for the problems and optimizers that are the same there.
 *
 * @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT; CONFIG_INVALID where its runs were made under other settings
 */
export function openReusable(path: string, config: StudyConfig, manifest: Manifest): ReusableRuns {
  const manifestPath = join(path, "manifest.json");
  if (!existsSync(manifestPath)) {
    throw new RpBenchError("RESULTS_ABSENT", `--reuse ${path}: not a result folder, it has no manifest.json`);
  }
  const refused = otherFormat(manifestPath);
  if (refused) throw refused;
  const there = readManifest(manifestPath);
  const nameOf = (key: string) => `${manifestPath}: config.${key}`;
  const other = completeStudy(parseWith(studyConfigSchema, there.config, nameOf, "DATA_CORRUPT"), nameOf);
  const here = asWritten(manifest);
  const common = ({ formatVersion, divergence, engine }: WrittenManifest, { batchSize }: StudyConfig) => ({
    ...{ formatVersion: formatOfRuns(formatVersion), batchSize, divergence },
    ...{ engine: engine.name, "instruction set": arithmeticOf(engine) },
  });
  const refuse = (difference: string) => {
    const message = `--reuse ${path}: its runs are others: ${difference}; reuse a study of the same settings`;
    return new RpBenchError("CONFIG_INVALID", message);
  };
  const difference = differenceOf(flatten(common(there, other)), flatten(common(here, config)));
  if (difference) throw refuse(difference);
  const compared = config.datasets.flatMap((own) => {
    const same = other.datasets.find(({ problem }) => problem === own.problem);
    if (!same) return [];
    const [theirs, ours] = [decisiveOf(same, there), decisiveOf(own, here)];
    return [{ problem: own.problem, difference: differenceOf(theirs, ours) }];
  });
  const problems = compared.filter((one) => one.difference === null).map(({ problem }) => problem);
  if (problems.length === 0) {
    const [first] = compared;
    throw refuse(first?.difference ?? `none of its problems is one of this study`);
  }
  const entries = config.optimizers.map(withoutPath).filter((entry) => {
    const same = other.optimizers.find(({ label }) => label === entry.label);
    return same && differenceOf(fixedOf(same), fixedOf(entry)) === null;
  });
  const folder = ResultFolder.of(path);
  return (run) => {
    if (!problems.includes(run.problem)) return null;
    if (!entries.some(({ label }) => label === run.label)) return null;
    const there = folder.finished(run);
    if (there?.record.role !== run.role) return null; // a seed may serve for one thing there and for another here
    return { ...there, logPath: folder.logPath(run) };
  };
}

/** What of a problem decides a run's numbers, but for its seed; its title and how many seeds there are do not. */
function decisiveOf(
  { problem: _problem, title: _title, finalSeeds: _seeds, ...settings }: StudyProblem,
  { datasets }: WrittenManifest,
): Map<string, string> {
  return flatten({ ...settings, checksums: checksumsOf(datasets)[settings.name] });
}

/** Settings of an optimizer that are the same in all its runs; those that are searched are in a run's name. */
function fixedOf({ learningRates: _rates, search: _search, ...settings }: Omit<StudyEntry, "path">) {
  return flatten(settings);
}
