// summary.csv and selection.csv of a study.

import { join } from "node:path";
import { writeFileAtomically } from "../files/files.js";
import { type Cell, csvText } from "../results/csv.js";
import type { ResultFolder } from "../results/result-folder.js";
import { type SummaryRow, summarize, summaryText } from "../results/summary.js";
import { spreadOf } from "../statistics.js";
import type { Branch, ResultOf } from "./plan.js";
import { verdictOf } from "./selection.js";

export const SELECTION_COLUMNS = [
  "dataset",
  "label",
  "learning_rate",
  "stage",
  "seeds",
  "diverged",
  "mean_best_validation_loss",
  "least_best_validation_loss",
  "greatest_best_validation_loss",
  "chosen",
  "at_edge",
  "reason",
] as const;

export function writeTables(folder: ResultFolder, branches: readonly Branch[], resultOf: ResultOf): void {
  writeFileAtomically(folder.summaryPath, summaryText(summaryRows(branches, resultOf)));
  const rows = branches.flatMap(selectionRows);
  writeFileAtomically(join(folder.path, "selection.csv"), csvText(SELECTION_COLUMNS, rows));
}

/** Every run that was made, in the order of the configuration. */
export function summaryRows(branches: readonly Branch[], resultOf: ResultOf): SummaryRow[] {
  return branches
    .flatMap(({ runs }) => runs)
    .flatMap((run) => {
      const result = resultOf(run);
      return result ? [summarize(result.record, result.rows, null)] : [];
    });
}

/** Every rate of one search, its losses and why it was chosen or not. */
export function selectionRows({ dataset, entry, search }: Branch): Record<string, Cell>[] {
  return search.tried.map((one) => {
    const spread = spreadOf(one.losses);
    const chosen = one === search.chosen;
    return {
      dataset: dataset.name,
      label: entry.label,
      learning_rate: one.rate,
      stage: one.stage,
      seeds: one.outcomes.filter(({ outcome }) => outcome).length,
      diverged: one.outcomes.filter(({ outcome }) => outcome?.status === "diverged").length,
      mean_best_validation_loss: one.meanLoss,
      least_best_validation_loss: spread?.least ?? null,
      greatest_best_validation_loss: spread?.greatest ?? null,
      chosen: chosen ? "yes" : "no",
      at_edge: chosen && search.atEdge ? "yes" : "no",
      reason: verdictOf(one, search),
    };
  });
}
