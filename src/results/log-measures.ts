// What a run's log says beside its losses.

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
