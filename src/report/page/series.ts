// What a plot draws: the curves of a chart's description, and the axes that it asks for.

import type { Curve, LineChart } from "../../figures/charts/line-chart.js";
import type { DotChart, LossPanel, SeedRow } from "../model.js";
import type { State } from "./state.js";

export interface Point {
  x: number;
  y: number | null;
  /** Of a point that says more than its numbers. */
  note?: string;
}

export interface Series {
  /** Its entry in the legend. */
  name: string;
  /** What tells it from others of that name. */
  detail: string;
  color: string;
  style?: Curve["style"] | "dots" | "bars";
  points: Point[];
  band?: { x: number; low: number; high: number }[];
}

export interface Axis {
  label: string;
  kind: "linear" | "logarithmic";
  min?: number;
  max?: number;
  /** Names in place of numbers, at 0, 1, … */
  names?: string[];
}

export interface View {
  title: string;
  subtitle: string;
  x: Axis;
  y: Axis;
  series: Series[];
  /** Upright dashed lines. */
  marks?: number[];
}

export function viewOf(chart: LineChart): View {
  return {
    ...{ title: chart.title, subtitle: chart.subtitle ?? "" },
    x: chart.xRange
      ? { label: chart.xLabel, kind: chart.xScale ?? "logarithmic", ...chart.xRange }
      : { label: chart.xLabel, kind: "linear", min: 0 },
    y: { label: chart.yLabel, kind: chart.yScale ?? "logarithmic", ...chart.yRange },
    series: chart.curves.map(({ name, color, style, points, band }) => ({
      ...{ name, color, points, detail: style === "dashed" && chart.styles ? chart.styles.dashed : "" },
      ...(style ? { style } : {}),
      ...(band ? { band } : {}),
    })),
  };
}

/** The losses as the switches ask for them. */
export function lossView(panel: LossPanel, { x, y, show, loss }: State): View {
  const chart = (x === "seconds" ? panel.charts.seconds : panel.charts[x]) ?? panel.charts.steps;
  const view = viewOf(chart);
  const medians = view.series.map((series) => ({
    ...series,
    detail: series.style === "dashed" ? "train" : "test",
  }));
  const all = show === "seeds" ? seedSeries(panel, chart === panel.charts.seconds ? "seconds" : x) : medians;
  const yAxis = view.y;
  return {
    ...view,
    subtitle: show === "seeds" ? "every seed on its own" : view.subtitle,
    y:
      y === "log"
        ? yAxis
        : { ...yAxis, kind: "linear", min: 0, label: yAxis.label.replace(" (log scale)", "") },
    series: all.filter(({ detail }) => loss === "both" || detail.startsWith(loss)),
  };
}

function seedSeries({ seeds }: LossPanel, x: State["x"]): Series[] {
  const at = { epochs: 0, steps: 1, seconds: 2 }[x];
  const points = (rows: readonly SeedRow[], column: 3 | 5): Point[] =>
    rows.flatMap((row) => {
      const value = row[at];
      return value === null || (x === "seconds" && value === 0) ? [] : [{ x: value, y: row[column] }];
    });
  return seeds.flatMap(({ name, color, seed, rows }): Series[] => [
    { name, color, detail: `test, seed ${seed}`, points: points(rows, 5) },
    { name, color, detail: `train, seed ${seed}`, style: "dashed", points: points(rows, 3) },
  ]);
}

/** A row for each pair, from the top. */
export function dotView(chart: DotChart): View {
  const rows = chart.pairs.map((pair, index) => ({ ...pair, y: chart.pairs.length - 1 - index }));
  const values = rows.flatMap(({ points }) => points.map(({ value }) => value));
  const most = roundUp(Math.max(2 * chart.comparable, ...values.map(Math.abs)) * 1.05);
  const { title, subtitle, xLabel, comparable } = chart;
  const least = Math.min(0, ...values);
  return {
    ...{ title, subtitle },
    x: { label: xLabel, kind: "linear", min: least < -comparable ? -most : -2 * comparable, max: most },
    y: {
      ...{ label: "", kind: "linear", min: -0.7, max: rows.length - 0.3 },
      names: [...rows].reverse().map(({ name }) => name),
    },
    series: rows.flatMap(({ name, color, points, median, y }): Series[] => [
      {
        ...{ name, color, detail: "seeds", style: "dots" },
        points: points.map(({ seed, value }) => ({ x: value, y, note: `seed ${seed}` })),
      },
      {
        ...{ name, color, detail: "median", style: "bars" },
        points: median === null ? [] : [{ x: median, y, note: "median" }],
      },
    ]),
    marks: [-comparable, 0, comparable],
  };
}

/** To a half of its power of ten, so that an axis ends at a round number. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.ceil(value / unit) * unit;
}
