// What a study still lacks: a function of its configuration and of the results there are, and of nothing else, so that
// it goes on from wherever it was stopped.

import type { OptimizerEntry } from "../config/schema.js";
import { finalSeedsOf, optimizerAt, tuningSeedsOf } from "../config/study-resolve.js";
import type { StudyConfig, StudyDataset, StudyEntry } from "../config/study-schema.js";
import type { Loss } from "../model/objective.js";
import { blewUp } from "../results/divergence.js";
import type { LoadedRun } from "../results/result-folder.js";
import type { RunIdentity } from "../results/run-name.js";
import type { RunRecord } from "../results/run-record.js";
import { type Outcome, type Search, searchRate } from "./selection.js";

/** A run that the study consists of. */
export interface PlannedRun extends RunIdentity {
  role: RunRecord["role"];
  epochs: number;
  evalEvery: number | null;
  layerSizes: readonly number[];
  loss: Loss;
  entry: OptimizerEntry;
}

/** One optimizer on one dataset: the search for its rate, then the final runs. */
export interface Branch {
  dataset: StudyDataset;
  entry: StudyEntry;
  search: Search;
  /** Every run known so far to belong to it, made or not. */
  runs: PlannedRun[];
}

/** A run's result, if it has one that counts. */
export type ResultOf = (run: PlannedRun) => LoadedRun | undefined;

export function planStudy(config: StudyConfig, resultOf: ResultOf): Branch[] {
  return config.datasets.flatMap((dataset) =>
    config.optimizers.map((entry) => planBranch(config, dataset, entry, resultOf)),
  );
}

function planBranch(
  config: StudyConfig,
  dataset: StudyDataset,
  entry: StudyEntry,
  resultOf: ResultOf,
): Branch {
  const planned = (learningRate: number, seed: number, role: PlannedRun["role"]): PlannedRun => ({
    ...{ dataset: dataset.name, label: entry.label, learningRate, seed, role },
    epochs: role === "final" ? config.epochs : dataset.tuningEpochs,
    evalEvery: role === "final" ? config.evalEvery : null,
    layerSizes: dataset.layerSizes,
    loss: "mse",
    entry: { ...optimizerAt(entry, learningRate), label: entry.label },
  });
  const seeds = tuningSeedsOf(config);
  const options = { grid: entry.learningRates, seeds, mostRates: config.mostRates };
  const search = searchRate(options, (rate, seed) => {
    const result = resultOf(planned(rate, seed, "tuning"));
    return result && outcomeOf(result);
  });
  const tuning = search.tried.flatMap(({ rate }) => seeds.map((seed) => planned(rate, seed, "tuning")));
  const { chosen } = search;
  const final = chosen
    ? finalSeedsOf(config, dataset).map((seed) => planned(chosen.rate, seed, "final"))
    : [];
  return { dataset, entry, search, runs: [...tuning, ...final] };
}

/** How a run ended. One whose loss had blown up at its end counts as diverged, however it is called. */
export function endOf({ record, rows }: LoadedRun): RunRecord["status"] {
  return record.status === "done" && blewUp(rows) ? "diverged" : record.status;
}

function outcomeOf(result: LoadedRun): Outcome {
  const losses = result.rows.map(({ validationLoss }) => validationLoss);
  return {
    status: endOf(result),
    step: result.record.step,
    bestValidationLoss: losses.length > 0 ? Math.min(...losses) : null,
  };
}
