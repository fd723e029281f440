import { type Cell, csvText } from "./csv.js";
import type { LogRow } from "./run-log.js";
import type { RunRecord } from "./run-record.js";

export const SUMMARY_COLUMNS = [
  "dataset",
  "dataset_title",
  "label",
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
    dataset: record.dataset,
    dataset_title: record.datasetTitle,
    label: record.label,
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

export function summaryText(rows: SummaryRow[]): string {
  return csvText(SUMMARY_COLUMNS, rows);
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}
