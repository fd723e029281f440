// What a study would do, without doing any of it.

import { nameOfStudyEntry } from "../config/study-names.js";
import type { StudyConfig } from "../config/study-schema.js";
import { variantsOf } from "../config/study-search.js";
import { type LoadedRun, ResultFolder } from "../results/result-folder.js";
import { runName } from "../results/run-name.js";
import { remaining } from "./estimate.js";
import { planStudy, type ResultOf } from "./plan.js";
import { openReusable } from "./reuse.js";
import { type Survey, studyManifest } from "./survey.js";

export interface StudyPreview {
  folder: string;
  jobs: number;
  /** One optimizer on one problem. Seconds with all jobs; the search may need more rates, or fewer, than is expected. */
  rows: {
    problem: string;
    /** What people call the problem. */
    title: string;
    label: string;
    /** What people call the optimizer. */
    name: string;
    rates: readonly number[];
    /** What is searched beside the rate, in words; empty where nothing is. */
    settings: string[];
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
  const branches = planStudy(config, survey.datasets, finished);
  const rows = branches.map((branch) => {
    const { problem, title, entry, runs } = branch;
    const left = remaining(config, [branch], (run) => (finished(run) ? 0 : 1), survey.costOf);
    return {
      ...{ problem: problem.problem, title, label: entry.label, name: nameOfStudyEntry(entry) },
      rates: entry.learningRates,
      settings: entry.search ? variantsOf(entry).map(({ words }) => words) : [],
      ...{ tuningSeeds: config.tuningSeeds, tuningEpochs: problem.tuningEpochs },
      ...{ finalSeeds: problem.finalSeeds, epochs: problem.epochs },
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
