// What a chart's axis shows. Nothing here needs Node: the page in site/ has the same axes.

export interface Range {
  min: number;
  max: number;
}

/** Of an axis that has no value to show. */
const EMPTY_RANGE = { min: 1e-3, max: 1 };

/** Of a logarithmic axis: around all values that have a logarithm, by this factor. */
export function logarithmicRange(values: readonly number[], room: number): Range {
  let [least, most] = [Infinity, 0];
  for (const value of values) {
    if (!(value > 0) || value === Infinity) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most === 0 ? EMPTY_RANGE : { min: least / room, max: most * room };
}

/** For a chart's subtitle: such an axis has no place for 0. */
export function noteOfZeros(losses: readonly number[]): string[] {
  return losses.includes(0) ? ["a loss of 0 lies at the lower edge"] : [];
}
