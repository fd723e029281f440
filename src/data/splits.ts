import type { Dataset, Images } from "./load.js";

export const SPLIT_NAMES = ["train", "validation", "test"] as const;
export type SplitName = (typeof SPLIT_NAMES)[number];
export type Splits = Record<SplitName, Images>;

/**
 * Validation is the last 10 % of the training set (rounded down, at least one image), the rest trains.
 * With `trainLimit` the training set is its first images only, and both are taken from those.
 */
export function splitDataset(
  { train, test }: Pick<Dataset, "train" | "test">,
  trainLimit?: number | null,
): Splits {
  const count = Math.min(train.count, trainLimit ?? train.count);
  const trained = trainedCount(count);
  return {
    train: slice(train, 0, trained),
    validation: slice(train, trained, count),
    test,
  };
}

/** Of so many images, how many are left to train on. */
export function trainedCount(count: number): number {
  return count - Math.max(1, Math.floor(count / 10));
}

/** Images first..last−1. */
export function slice({ size, pixels }: Images, first: number, last: number): Images {
  return { count: last - first, size, pixels: pixels.subarray(first * size, last * size) };
}
