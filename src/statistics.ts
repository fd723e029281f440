/** null of nothing. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export interface Spread {
  median: number;
  least: number;
  greatest: number;
  count: number;
}

/** null of nothing. */
export function spreadOf(values: readonly number[]): Spread | null {
  const middle = median(values);
  if (middle === null) return null;
  return { median: middle, least: Math.min(...values), greatest: Math.max(...values), count: values.length };
}

/** Quantiles of ascending values, linear between the two around each; `shares` are 0 (the least) to 1. */
export function quantiles(ascending: ArrayLike<number>, shares: readonly number[]): number[] {
  return shares.map((share) => {
    const place = share * (ascending.length - 1);
    const below = Math.floor(place);
    const above = Math.ceil(place);
    return ascending[below] + (place - below) * (ascending[above] - ascending[below]);
  });
}

/** (value − of) / of; of two equal values 0, and infinite in parts of 0. */
export function relativeDifference(value: number, of: number): number {
  return value === of ? 0 : (value - of) / of;
}

/** A difference in parts of a rival's loss of 0; no other is so large, but for that of a run that diverged. */
const BEYOND = 1e15;
/** A loss in parts of another, where either may be 0, or Infinity for that of a run that diverged. */
export function relativeLoss(own: number, other: number): number {
  if (own === other) return 0;
  if (other === Infinity) return -Infinity;
  return other === 0 && own < Infinity ? BEYOND : relativeDifference(own, other);
}
