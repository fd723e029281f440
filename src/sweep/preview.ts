// What a study would do, without doing any of it.

import type { StudyConfig } from "../config/study-schema.js";
import { type LoadedRun, ResultFolder } from "../results/result-folder.js";
import { runName } from "../results/run-name.js";
import { remaining } from "./estimate.js";
import { planStudy, type ResultOf } from "./plan.js";
import { openReusable } from "./reuse.js";
import { type Survey, studyManifest } from "./survey.js";

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
export function previewStudy(
  config: StudyConfig,
  survey: Survey,
  path: string,
  { jobs, reuse }: { jobs: number; reuse: string | undefined },
): StudyPreview {
  const manifest = studyManifest(config, survey);
  ResultFolder.check(path, manifest);
  const reusable = reuse === undefined ? null : openReusable(reuse, config, manifest);
  const folder = ResultFolder.of(path);
  const looked = new Map<string, LoadedRun | undefined>();
  const finished: ResultOf = (run) => {
    const name = runName(run);
    if (!looked.has(name)) looked.set(name, folder.finished(run) ?? reusable?.(run) ?? undefined);
    return looked.get(name);
  };
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
