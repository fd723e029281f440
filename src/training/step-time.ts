// The time of a step. A median is what a busy moment of the machine does not shift, but of an optimizer that computes
// curvature at one step in k it would tell of the cheap ones alone.

import { isRenewed } from "../optimizers/optimizer.js";
import { median } from "../statistics.js";

/** k, from the settings of an optimizer; 1 for one without. */
export function curvatureIntervalOf(optimizer: object): number {
  return "curvatureInterval" in optimizer ? Number(optimizer.curvatureInterval) : 1;
}

/**
 * Of the steps of a run, from its first on: their median, or with an interval k the mean of k steps from two medians, that of
 * the steps that compute curvature and that of the others.
 *
 * @param warmup so many of the first steps do not count, unless no later one computes curvature
 * @returns null where none counts
 */
export function stepTime(durations: readonly number[], interval: number, warmup = 0): number | null {
  const of = (renewed: boolean) =>
    median(durations.filter((_, i) => i >= warmup && isRenewed(i + 1, interval) === renewed));
  const [costly, cheap] = [of(true) ?? durations.at(0) ?? null, of(false)];
  if (interval === 1 || cheap === null || costly === null) return costly;
  return (costly + (interval - 1) * cheap) / interval;
}
