import { FONT_FAMILY } from "./fonts.js";
import { logarithmicTicks } from "./ticks.js";

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

export const TEXT = "#222222";
const GRID = "#e4e4e4";

export const font = (size: number, weight: 400 | 600 = 400) => ({ family: FONT_FAMILY, size, weight });

/** Letters are of `size`, those of its ticks one less; an empty label takes no room. */
function common(label: string, size: number) {
  return {
    title: { display: label !== "", text: label, color: TEXT, font: font(size) },
    grid: { color: GRID },
    ticks: { color: TEXT, font: font(size - 1) },
  };
}

export function axisFromZero(label: string, size: number) {
  return { type: "linear" as const, min: 0, ...common(label, size) };
}

export function linearAxis(range: Range, label: string, size: number) {
  const { ticks, ...rest } = common(label, size);
  return {
    ...{ type: "linear" as const, ...range, ...rest },
    ticks: { ...ticks, includeBounds: false, callback: (value: string | number) => tickLabel(Number(value)) },
  };
}

export function logarithmicAxis({ min, max }: Range, label: string, size: number) {
  const { ticks, ...rest } = common(label, size);
  return {
    ...{ type: "logarithmic" as const, min, max, ...rest },
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = logarithmicTicks(min, max).map((value) => ({ value }));
    },
    ticks: { ...ticks, autoSkip: false, callback: (value: string | number) => tickLabel(Number(value)) },
  };
}

function tickLabel(value: number): string {
  const short = Number(value.toPrecision(6));
  return short === 0 || (Math.abs(short) >= 1e-4 && Math.abs(short) < 1e5)
    ? String(short)
    : short.toExponential();
}
