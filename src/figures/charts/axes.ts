import { FONT_FAMILY } from "./fonts.js";
import type { Range } from "./ranges.js";
import { logarithmicTicks } from "./ticks.js";

export { logarithmicRange, noteOfZeros, type Range } from "./ranges.js";

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
