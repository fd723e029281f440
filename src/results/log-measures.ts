// What a run's log says beside its losses.

import { relativeLoss } from "../statistics.js";
import type { LogRow } from "./run-log.js";

/** The first evaluation whose test loss is at most `target`; undefined if none is. */
export function firstAtMost(rows: readonly LogRow[], target: number): LogRow | undefined {
  return rows.find(({ testLoss }) => testLoss <= target);
}

/** How much worse a run does on the test set than on what it was trained with. */
export function gapOf({ trainLoss, testLoss }: LogRow): number {
  return testLoss - trainLoss;
}

/**
 * That gap where the train loss first came down to `level`, linear between the evaluations around it; null if it never
 * did. Optimizers are so compared at the same fit, however fast they reached it.
 */
export function gapAtTrainLoss(rows: readonly LogRow[], level: number): number | null {
  const index = rows.findIndex(({ trainLoss }) => trainLoss <= level);
  if (index < 0) return null;
  const after = rows[index];
  const before = rows[index - 1];
  if (!before) return after.trainLoss === level ? gapOf(after) : null;
  const share = (before.trainLoss - level) / (before.trainLoss - after.trainLoss);
  return gapOf(before) + share * (gapOf(after) - gapOf(before));
}

/** A test loss so far above its least has risen. */
export const RISE = 0.01;

/** The least test loss of a log, and what became of it; null of a log without a row. */
export function restingPoint(rows: readonly LogRow[]): {
  least: LogRow;
  /** How far the last evaluation is above the least, relative to it. */
  above: number;
  /** Of the first evaluation after it that is so far above it as to have risen; null where the last one is not. */
  riseEpoch: number | null;
} | null {
  const [first, ...others] = rows;
  if (!first) return null;
  const least = others.reduce((best, row) => (row.testLoss < best.testLoss ? row : best), first);
  const last = rows[rows.length - 1];
  const above = relativeLoss(last.testLoss, least.testLoss);
  if (above <= RISE) return { least, above, riseEpoch: null };
  const risen = rows.find(
    ({ step, testLoss }) => step > least.step && testLoss > (1 + RISE) * least.testLoss,
  );
  return { least, above, riseEpoch: (risen ?? last).epoch };
}
