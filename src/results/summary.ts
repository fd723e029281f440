import { type Cell, csvText, readCsv } from "./csv.js";
import { FORMAT_VERSION } from "./manifest.js";
import type { LogRow } from "./run-log.js";
import { rateOf, runName } from "./run-name.js";
import type { RunRecord } from "./run-record.js";

export const SUMMARY_COLUMNS = [
  "problem",
  "title",
  "dataset",
  "loss",
  "label",
  "variant",
  "optimizer",
  "learning_rate",
  "settings",
  "seed",
  "role",
  "status",
  "step",
  "epoch",
  "train_loss",
  "validation_loss",
  "test_loss",
  "best_validation_loss",
  "best_validation_step",
  "last_finite_batch_loss",
  "median_step_milliseconds",
  "training_seconds",
  "target_loss",
  "target_step",
  "target_epoch",
  "target_seconds",
] as const;
export type SummaryRow = Record<(typeof SUMMARY_COLUMNS)[number], Cell>;

/** What format 1 had; its datasets were its problems. */
const ADDED: readonly string[] = ["problem", "title", "loss", "variant"];
const FIRST_COLUMNS = SUMMARY_COLUMNS.flatMap((column) => {
  if (column === "dataset") return [column, "dataset_title"];
  return ADDED.includes(column) ? [] : [column];
});

/**
 * One run in a line. Losses are those of its last evaluation, and only if it was evaluated at its end: a run that
 * diverged or stopped has none. The target is a validation loss, looked for at the evaluations; seconds to it are
 * steps × median step time.
 */
export function summarize(record: RunRecord, rows: LogRow[], targetLoss: number | null): SummaryRow {
  const final = record.status === "done" ? rows.find(({ step }) => step === record.step) : undefined;
  const best = rows.reduce<LogRow | undefined>(
    (least, row) => (least && least.validationLoss <= row.validationLoss ? least : row),
    undefined,
  );
  const reached = targetLoss === null ? undefined : rows.find((row) => row.validationLoss <= targetLoss);
  const milliseconds = record.medianStepMilliseconds;
  return {
    problem: record.problem,
    title: record.title,
    dataset: record.dataset,
    loss: record.loss,
    label: record.label,
    variant: record.variant,
    optimizer: record.optimizer,
    learning_rate: record.learningRate,
    settings: record.settings,
    seed: record.seed,
    role: record.role,
    status: record.status,
    step: record.step,
    epoch: final?.epoch ?? null,
    train_loss: final?.trainLoss ?? null,
    validation_loss: final?.validationLoss ?? null,
    test_loss: final?.testLoss ?? null,
    best_validation_loss: best?.validationLoss ?? null,
    best_validation_step: best?.step ?? null,
    last_finite_batch_loss: record.lastFiniteLoss,
    median_step_milliseconds: rounded(milliseconds, 4),
    training_seconds: rounded(record.trainingSeconds, 3),
    target_loss: targetLoss,
    target_step: reached?.step ?? null,
    target_epoch: reached?.epoch ?? null,
    target_seconds:
      reached && milliseconds !== null ? rounded((reached.step * milliseconds) / 1000, 3) : null,
  };
}

export function summaryText(rows: SummaryRow[], formatVersion = FORMAT_VERSION): string {
  return formatVersion === 1
    ? csvText(
        FIRST_COLUMNS,
        rows.map((row) => ({ ...row, dataset_title: row.title })),
      )
    : csvText(SUMMARY_COLUMNS, rows);
}

/** A study's final runs and those of its search, by the names of their files; before format 3 all were in one. */
export function summaryTexts(
  rows: readonly SummaryRow[],
  formatVersion: number = FORMAT_VERSION,
): Record<string, string> {
  if (formatVersion < 3) return { "summary.csv": summaryText([...rows], formatVersion) };
  const textOf = (role: RunRecord["role"]) => summaryText(rows.filter((row) => row.role === role));
  return { "tuning.csv": textOf("tuning"), "summary.csv": textOf("final") };
}

/** As texts; a summary of format 1 gets the columns that it lacks. @throws RpBenchError DATA_CORRUPT */
export function readSummaryRows(text: string, path: string): Record<string, string>[] {
  if (!text.startsWith("dataset,dataset_title,")) return readCsv(text, path, SUMMARY_COLUMNS);
  return readCsv(text, path, FIRST_COLUMNS).map((row) => ({
    ...{ problem: row.dataset, title: row.dataset_title, loss: "mse", variant: "" },
    ...row,
  }));
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}

/** The name of a row's run, as its files have it. */
export function runNameOf({ problem, label, variant, learning_rate, seed }: SummaryRow): string {
  return runName({
    ...{ problem: String(problem), label: String(label), variant: String(variant ?? "") },
    ...{ learningRate: rateOf(String(learning_rate)), seed: Number(seed) },
  });
}
