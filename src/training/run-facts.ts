import type { OptimizerEntry } from "../config/schema.js";
import { settingWords, shownName } from "../custom/options.js";
import type { DatasetName } from "../data/catalogue.js";
import { settingsText } from "../optimizers/registry.js";
import type { RunRecord } from "../results/run-record.js";

/** What of a record is known before the run begins. */
export function factsOfRun(run: {
  dataset: DatasetName;
  datasetTitle: string;
  entry: OptimizerEntry;
  seed: number;
  role: RunRecord["role"];
}) {
  const { dataset, datasetTitle, seed, role } = run;
  const { label, ...optimizer } = run.entry;
  return {
    ...{ dataset, datasetTitle, label, seed, role },
    optimizer: shownName(optimizer),
    learningRate: optimizer.learningRate,
    settings: settingsOf(run.entry),
  };
}

/** What of an optimizer is not as by default, in words. */
export function settingsOf({ label: _, ...optimizer }: OptimizerEntry): string {
  return optimizer.name === "module" ? settingWords(optimizer.settings) : settingsText(optimizer);
}
