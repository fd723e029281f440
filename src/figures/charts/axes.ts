import { FONT_FAMILY } from "./fonts.js";
import { isShort, numberStyle } from "./numbers.js";
import type { Range } from "./ranges.js";
import type { Theme } from "./theme.js";
import { digitTicks, logarithmicTicks, minorTicks } from "./ticks.js";

export { logarithmicRange, noteOfZeros, type Range } from "./ranges.js";

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
