// summary.csv, tuning.csv and selection.csv of a study.

import { join } from "node:path";
import { writeFileAtomically } from "../files/files.js";
import { type Cell, csvText } from "../results/csv.js";
import { FORMAT_VERSION } from "../results/manifest.js";
import type { ResultFolder } from "../results/result-folder.js";
import { type SummaryRow, summarize, summaryTexts } from "../results/summary.js";
import { spreadOf } from "../statistics.js";
import type { Branch, ResultOf } from "./plan.js";
import { type TriedRate, verdictOf } from "./selection.js";
import type { SettingsSearch, VariantSearch } from "./settings.js";

export const SELECTION_COLUMNS = [
  "problem",
  "label",
  "variant",
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

/** Of format 1, whose problems were datasets, and whose searches were for the rate alone. */
const FIRST_COLUMNS = SELECTION_COLUMNS.flatMap((column) =>
  column === "variant" ? [] : [column === "problem" ? "dataset" : column],
);

export function selectionText(branches: readonly Branch[], formatVersion = FORMAT_VERSION): string {
  const rows = branches.flatMap(selectionRows);
  if (formatVersion > 1) return csvText(SELECTION_COLUMNS, rows);
  const named = rows.map((row) => ({ ...row, dataset: row.problem }));
  return csvText(FIRST_COLUMNS, named);
}

export function writeTables(folder: ResultFolder, branches: readonly Branch[], resultOf: ResultOf): void {
  const texts = summaryTexts(summaryRows(branches, resultOf), folder.formatVersion);
  for (const [name, text] of Object.entries(texts)) writeFileAtomically(join(folder.path, name), text);
  writeFileAtomically(join(folder.path, "selection.csv"), selectionText(branches));
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

/** Every rate of one optimizer's searches, its losses and why it was chosen or not. */
export function selectionRows({ problem, entry, search }: Branch): Record<string, Cell>[] {
  const each = search.searches.flatMap((own) => own.tried.map((one) => ({ one, own })));
  return each.map(({ one, own }) => {
    const spread = spreadOf(one.losses);
    const chosen = one === search.chosen?.one;
    return {
      problem: problem.problem,
      label: entry.label,
      variant: own.variant.name,
      learning_rate: one.rate,
      stage: one.stage,
      seeds: one.outcomes.filter(({ outcome }) => outcome).length,
      diverged: one.outcomes.filter(({ outcome }) => outcome?.status === "diverged").length,
      mean_best_validation_loss: one.meanLoss,
      least_best_validation_loss: spread?.least ?? null,
      greatest_best_validation_loss: spread?.greatest ?? null,
      chosen: chosen ? "yes" : "no",
      at_edge: chosen && own.atEdge ? "yes" : "no",
      reason: reasonOf(one, own, search),
    };
  });
}

/** Why a rate was chosen or not, also where it is the best of settings that are not. */
function reasonOf(one: TriedRate, own: VariantSearch, { over, chosen }: SettingsSearch): string {
  if (one !== own.chosen || one === chosen?.one) return verdictOf(one, own);
  if (!over) return "best with these settings; the search goes on with others";
  return `best with these settings, mean above that of ${chosen?.rate} with ${chosen?.variant.words}`;
}
