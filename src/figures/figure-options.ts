// What a user asks of the figures of losses; without it they are as their charts are described.

import { RpBenchError } from "../errors.js";
import type { RunResult } from "../results/results.js";
import type { LineChart } from "./charts/line-chart.js";
import type { Output } from "./charts/sheet.js";
import { lossOverEpochs, lossOverSeconds, lossOverSteps } from "./loss-curves.js";

export const X_AXES = ["epochs", "steps", "seconds"] as const;
export type XAxis = (typeof X_AXES)[number];

export interface FigureOptions extends Output {
  /** Draw this axis alone. */
  x?: XAxis | undefined;
  yMin?: number | undefined;
  yMax?: number | undefined;
  title?: string | undefined;
  /** Pixels of a PNG, twice the units of an SVG. */
  size?: { width: number; height: number } | undefined;
  /** Leave out what is before this epoch. */
  from?: number | undefined;
  /** Labels. */
  only?: readonly string[] | undefined;
}

/** The units of a layout that are a pixel of a PNG. */
const PIXEL = 0.5;
const CHARTS = { epochs: lossOverEpochs, steps: lossOverSteps, seconds: lossOverSeconds };

/** Of pixels that are asked for. */
export function layoutSize({ width, height }: { width: number; height: number }) {
  return { width: PIXEL * width, height: PIXEL * height };
}

/** The runs of the asked labels. @throws RpBenchError USAGE for a label that none has */
export function onlyOf(folder: string, results: RunResult[], { only }: FigureOptions): RunResult[] {
  if (!only) return results;
  const labels = [...new Set(results.map(({ label }) => label))];
  const unknown = only.find((label) => !labels.includes(label));
  if (unknown === undefined) return results.filter(({ label }) => only.includes(label));
  throw new RpBenchError(
    "USAGE",
    `--only: ${folder} has no run labelled "${unknown}"; its labels are ${labels.join(", ")}`,
  );
}

/** Whether more is asked of the curves than their looks, so that a curve is drawn however few its points are. */
export function asksForCurves({ x, yMin, yMax, from }: FigureOptions): boolean {
  return [x, yMin, yMax, from].some((value) => value !== undefined);
}

/** A chart of losses as it is asked for. @throws RpBenchError USAGE where nothing would be on it */
export function lossChartOf(runs: RunResult[], axis: XAxis, options: FigureOptions): LineChart {
  const { from = 0, title, size } = options;
  const shown = runs.map((run) => ({ ...run, rows: run.rows.filter(({ epoch }) => epoch >= from) }));
  if (shown.every(({ rows }) => rows.length === 0)) {
    const last = Math.max(...runs.flatMap(({ rows }) => rows.at(-1)?.epoch ?? 0));
    throw new RpBenchError(
      "USAGE",
      `--from: no evaluation is at epoch ${from} or later, the last one is at ${last}`,
    );
  }
  const chart = CHARTS[axis](shown.filter(({ rows }) => rows.length > 0));
  return {
    ...withLimits(from > 0 && axis !== "seconds" ? fromFirst(chart) : chart, options),
    ...(title === undefined ? {} : { title }),
    ...(size ? { size: layoutSize(size) } : {}),
  };
}

/** Its x axis from the first point on, and not from 0. */
function fromFirst(chart: LineChart): LineChart {
  const at = chart.curves.flatMap(({ points }) => points.map(({ x }) => x));
  const [min, max] = [Math.min(...at), Math.max(...at)];
  return max > min ? { ...chart, xRange: { min, max }, xScale: "linear" } : chart;
}

function withLimits(chart: LineChart, { yMin, yMax }: FigureOptions): LineChart {
  const yRange = { min: yMin ?? chart.yRange.min, max: yMax ?? chart.yRange.max };
  if (yRange.min >= yRange.max) {
    const [flag, value, end] =
      yMin === undefined
        ? ["--y-max", yMax, `above ${yRange.min}`]
        : ["--y-min", yMin, `below ${yRange.max}`];
    throw new RpBenchError("USAGE", `${flag}: must be ${end}, where the axis ends, got ${value}`);
  }
  const { cut, ...rest } = chart;
  return cut === undefined || cut <= yRange.max ? { ...rest, yRange } : { ...rest, cut, yRange };
}
