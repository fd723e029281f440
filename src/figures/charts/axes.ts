import { FONT_FAMILY } from "./fonts.js";
import { isShort, numberStyle } from "./numbers.js";
import type { Theme } from "./theme.js";
import { digitTicks, logarithmicTicks, minorTicks } from "./ticks.js";

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

/** Numbers that have room below a chart. */
const MOST_BELOW = 14;

export const font = (size: number, weight: 400 | 600 = 400) => ({ family: FONT_FAMILY, size, weight });

type Tick = { value: number };
interface Axis {
  ticks: Tick[];
}

/** Letters are of `size`, those of its ticks one less; an empty label takes no room. */
function common(theme: Theme, label: string, size: number) {
  return {
    title: { display: label !== "", text: label, color: theme.text, font: font(size) },
    grid: { color: theme.grid },
    ticks: {
      ...{ color: theme.text, font: font(size - 1) },
      callback: (value: string | number, _index: number, ticks: Tick[]) =>
        numberStyle(
          ticks.map((tick) => tick.value),
          true,
        )(Number(value)),
    },
  };
}

/** @param whole whether only whole numbers stand at it */
export function axisFromZero(theme: Theme, label: string, size: number, whole = false) {
  const { ticks, ...rest } = common(theme, label, size);
  return {
    ...{ type: "linear" as const, min: 0, ...rest },
    ticks: { ...ticks, ...(whole ? { precision: 0 } : {}) },
  };
}

export function linearAxis(theme: Theme, range: Range, label: string, size: number, whole = false) {
  const { ticks, ...rest } = common(theme, label, size);
  return {
    ...{ type: "linear" as const, ...range, ...rest },
    ticks: { ...ticks, includeBounds: false, ...(whole ? { precision: 0 } : {}) },
  };
}

/** @param side where its numbers stand: below a chart there is less room for them */
export function logarithmicAxis(
  theme: Theme,
  { min, max }: Range,
  label: string,
  size: number,
  whole = false,
  side: "left" | "below" = "left",
) {
  const { ticks, grid, ...rest } = common(theme, label, size);
  const numbers = logarithmicTicks(min, max, side === "below" ? MOST_BELOW : undefined).filter(
    (value) => !whole || Number.isInteger(value),
  );
  const numbered = new Set(numbers);
  const digits = new Set(whole ? [] : digitTicks(min, max, numbers));
  const write = numberStyle(numbers, isShort(min, max));
  const between = whole ? [] : [...digits, ...minorTicks(min, max)];
  const all = [...new Set([...numbers, ...between])].sort((a, b) => a - b);
  return {
    ...{ type: "logarithmic" as const, min, max, ...rest },
    grid: {
      ...grid,
      color: ({ tick }: { tick?: Tick }) =>
        tick && !numbered.has(tick.value) ? theme.minorGrid : theme.grid,
    },
    afterBuildTicks: (axis: Axis) => {
      axis.ticks = all.map((value) => ({ value }));
    },
    ticks: {
      ...{ ...ticks, autoSkip: false, maxRotation: 0 },
      font: ({ tick }: { tick?: Tick }) => font(tick && digits.has(tick.value) ? size - 4 : size - 1),
      callback: (value: string | number) => {
        const number = Number(value);
        if (numbered.has(number)) return write(number);
        return digits.has(number) ? number.toExponential()[0] : "";
      },
    },
  };
}
