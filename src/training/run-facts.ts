import { settingsOf } from "../config/entry-names.js";
import type { OptimizerEntry } from "../config/schema.js";
import { shownName } from "../custom/options.js";
import type { DatasetName } from "../data/catalogue.js";
import type { Loss } from "../model/objective.js";
import type { RunRecord } from "../results/run-record.js";

/** What of a record is known before the run begins. */
export function factsOfRun(run: {
  problem: string;
  title: string;
  dataset: DatasetName;
  loss: Loss;
  variant: string;
  entry: OptimizerEntry;
  seed: number;
  role: RunRecord["role"];
}) {
  const { problem, title, dataset, loss, variant, seed, role } = run;
  const { label, ...optimizer } = run.entry;
  return {
    ...{ problem, title, dataset, loss, label, variant, seed, role },
    optimizer: shownName(optimizer),
    learningRate: optimizer.learningRate,
    settings: settingsOf(run.entry),
  };
}
