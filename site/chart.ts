// Chart.js as both charts of the page use it: lines alone, no animation, the figures' ticks.

import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
} from "chart.js";
import { logarithmicTicks } from "../src/figures/charts/ticks.js";
import { FONT, inks } from "./theme.js";

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Tooltip);

export interface Point {
  x: number;
  y: number;
}
export type LinesChart = Chart<"line", Point[]>;

export interface Axis {
  label: string;
  logarithmic?: boolean;
  min?: number;
  max?: number;
}

export function axisOf({ label, logarithmic = false, min, max }: Axis) {
  const { text, grid } = inks();
  const font = { family: FONT, size: 12 };
  return {
    type: logarithmic ? ("logarithmic" as const) : ("linear" as const),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    title: { display: label !== "", text: label, color: text, font },
    grid: { color: grid },
    border: { color: grid },
    ...(logarithmic
      ? {
          afterBuildTicks: (axis: { min: number; max: number; ticks: { value: number }[] }) => {
            axis.ticks = logarithmicTicks(axis.min, axis.max).map((value) => ({ value }));
          },
        }
      : {}),
    ticks: {
      ...{ color: text, font, includeBounds: false, maxRotation: 0 },
      callback: (value: string | number) => tickLabel(Number(value)),
    },
  };
}

export function tickLabel(value: number): string {
  const short = Number(value.toPrecision(6));
  const size = Math.abs(short);
  return short === 0 || (size >= 1e-4 && size < 1e5) ? String(short) : short.toExponential();
}

export { Chart };
