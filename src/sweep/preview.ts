// What a study would do, without doing any of it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { StudyConfig } from "../config/study-schema.js";
import { RpBenchError } from "../errors.js";
import { createManifest, manifestConflict } from "../output/manifest.js";
import { ResultFolder } from "../output/result-folder.js";
import { remaining } from "./estimate.js";
import { planStudy } from "./plan.js";
import type { Survey } from "./survey.js";

export interface StudyPreview {
  folder: string;
  jobs: number;
  /** One optimizer on one dataset. Seconds with all jobs; the search may need more rates, or fewer, than is expected. */
  rows: {
    dataset: string;
    label: string;
    rates: readonly number[];
    tuningSeeds: number;
    tuningEpochs: number;
    finalSeeds: number;
    epochs: number;
    made: number;
    left: number;
    seconds: number;
  }[];
  left: { runs: number; seconds: number };
}

/** @throws RpBenchError OUTPUT_CONFLICT where the folder holds another configuration's results */
export function previewStudy(config: StudyConfig, survey: Survey, path: string, jobs: number): StudyPreview {
  const manifestPath = join(path, "manifest.json");
  if (existsSync(manifestPath)) {
    const manifest = createManifest("sweep", config, survey.datasets, survey.engine);
    const difference = manifestConflict(manifestPath, manifest);
    if (difference) {
      const message = `${path}: holds results of another configuration: ${difference}; choose another --out`;
      throw new RpBenchError("OUTPUT_CONFLICT", message);
    }
  }
  const folder = ResultFolder.of(path);
  const finished = (run: Parameters<typeof folder.read>[0]) =>
    folder.finished(run, false) ? (folder.read(run) ?? undefined) : undefined;
  const branches = planStudy(config, finished);
  const rows = branches.map((branch) => {
    const { dataset, entry, runs } = branch;
    const left = remaining(config, [branch], (run) => (finished(run) ? 0 : 1), survey.costOf);
    return {
      ...{ dataset: dataset.name, label: entry.label, rates: entry.learningRates },
      ...{ tuningSeeds: config.tuningSeeds, tuningEpochs: dataset.tuningEpochs },
      ...{ finalSeeds: dataset.finalSeeds, epochs: config.epochs },
      ...{ made: runs.filter(finished).length, left: left.runs, seconds: left.seconds / jobs },
    };
  });
  const sum = (value: (row: (typeof rows)[number]) => number) =>
    rows.reduce((all, row) => all + value(row), 0);
  return {
    ...{ folder: path, jobs, rows },
    left: { runs: sum(({ left }) => left), seconds: sum(({ seconds }) => seconds) },
  };
}
