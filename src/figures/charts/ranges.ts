// What a chart's axis shows. Nothing here needs Node: the page in site/ has the same axes.

export interface Range {
  min: number;
  max: number;
}

/** Of an axis that has no value to show. */
const EMPTY_RANGE = { min: 1e-3, max: 1 };

/** Of the length of a logarithmic axis, what is left free beyond its values at most. */
const FREE = 0.08;
/** Values closer than by this factor are shown as alike. */
const ALIKE = 1.02;

/** Of a logarithmic axis: around all values that have a logarithm, by this factor, or less where they are close. */
export function logarithmicRange(values: readonly number[], room: number): Range {
  let [least, most] = [Infinity, 0];
  for (const value of values) {
    if (!(value > 0) || value === Infinity) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (most === 0) return EMPTY_RANGE;
  const ratio = most / least;
  const factor = ratio < ALIKE ? room : Math.min(room, ratio ** FREE);
  return { min: least / factor, max: most * factor };
}

/** For a chart's subtitle: such an axis has no place for 0. */
export function noteOfZeros(losses: readonly number[]): string[] {
  return losses.includes(0) ? ["a loss of 0 lies at the lower edge"] : [];
}
