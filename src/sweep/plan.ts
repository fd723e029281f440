// What a study still lacks: a function of its configuration and of the results there are, and of nothing else, so that
// it goes on from wherever it was stopped.

import type { OptimizerEntry } from "../config/schema.js";
import { titleOfProblem } from "../config/study-problems.js";
import { finalSeedsOf, optimizerAt, tuningSeedsOf } from "../config/study-resolve.js";
import type { StudyConfig, StudyEntry, StudyProblem } from "../config/study-schema.js";
import { type Variant, variantsOf } from "../config/study-search.js";
import type { DatasetName } from "../data/catalogue.js";
import type { Activation } from "../model/architecture.js";
import type { CurvatureBound, Loss } from "../model/objective.js";
import { blewUp } from "../results/divergence.js";
import { type DatasetFacts, factsOf } from "../results/manifest.js";
import type { LoadedRun } from "../results/result-folder.js";
import type { RunIdentity } from "../results/run-name.js";
import type { RunRecord } from "../results/run-record.js";
import type { Outcome } from "./selection.js";
import { type SettingsSearch, searchSettings } from "./settings.js";

/** A run that the study consists of. */
export interface PlannedRun extends RunIdentity {
  /** The problem's, for people. */
  title: string;
  role: RunRecord["role"];
  dataset: DatasetName;
  loss: Loss;
  curvatureBound: CurvatureBound;
  activation: Activation;
  trainLimit: number | null;
  epochs: number;
  evalEvery: number | null;
  layerSizes: readonly number[];
  entry: OptimizerEntry;
}

/** One optimizer on one problem: the search for its rate and settings, then the final runs. */
export interface Branch {
  problem: StudyProblem;
  title: string;
  entry: StudyEntry;
  search: SettingsSearch;
  /** Every run known so far to belong to it, made or not. */
  runs: PlannedRun[];
}

/** A run's result, if it has one that counts. */
export type ResultOf = (run: PlannedRun) => LoadedRun | undefined;

/** @param facts of every dataset */
export function planStudy(config: StudyConfig, facts: readonly DatasetFacts[], resultOf: ResultOf): Branch[] {
  return branchPlans(config, facts, resultOf).map((plan) => plan());
}

/** The same, each branch to be planned by itself. */
export function branchPlans(
  config: StudyConfig,
  facts: readonly DatasetFacts[],
  resultOf: ResultOf,
): (() => Branch)[] {
  return config.datasets.flatMap((problem) => {
    const title = titleOfProblem(problem, config, factsOf(facts, problem.name).title);
    return config.optimizers.map((entry) => {
      const known = new Map<string, PlannedRun>();
      return () => planBranch(config, problem, title, entry, resultOf, known);
    });
  });
}

function planBranch(
  config: StudyConfig,
  problem: StudyProblem,
  title: string,
  entry: StudyEntry,
  resultOf: ResultOf,
  /** Runs that were described already, which takes longer than the search. */
  known: Map<string, PlannedRun>,
): Branch {
  const { layerSizes, loss, curvatureBound, activation, trainLimit } = problem;
  const { label } = entry;
  const describe = (
    variant: Variant,
    learningRate: number,
    seed: number,
    role: PlannedRun["role"],
  ): PlannedRun => ({
    ...{ problem: problem.problem, label, variant: variant.name, learningRate, seed },
    ...{ title, role, dataset: problem.name, loss, curvatureBound, activation, trainLimit, layerSizes },
    epochs: role === "final" ? problem.epochs : problem.tuningEpochs,
    evalEvery: role === "final" ? problem.evalEvery : null,
    entry: { ...optimizerAt(entry, learningRate, variant), label },
  });
  const planned = (...what: Parameters<typeof describe>): PlannedRun => {
    const [variant, rate, seed, role] = what;
    const key = `${variant.name} ${rate} ${seed} ${role}`;
    const run = known.get(key) ?? describe(...what);
    known.set(key, run);
    return run;
  };
  const seeds = tuningSeedsOf(config);
  const { mostRates, mostTrials } = config;
  const search = searchSettings(
    { variants: variantsOf(entry), grid: entry.learningRates, seeds, mostRates, mostTrials },
    (variant, rate, seed) => {
      const result = resultOf(planned(variant, rate, seed, "tuning"));
      return result && outcomeOf(result);
    },
  );
  const tuning = search.searches.flatMap(({ variant, tried }) =>
    tried.flatMap(({ rate }) => seeds.map((seed) => planned(variant, rate, seed, "tuning"))),
  );
  const { chosen } = search;
  const final = chosen
    ? finalSeedsOf(config, problem).map((seed) => planned(chosen.variant, chosen.rate, seed, "final"))
    : [];
  return { problem, title, entry, search, runs: [...tuning, ...final] };
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
