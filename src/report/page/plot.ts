// One chart, drawn by Chart.js.

import {
  BasicPlatform,
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  type Plugin,
  PointElement,
  type ScaleOptionsByType,
  Tooltip,
} from "chart.js";
import zoomPlugin from "chartjs-plugin-zoom";
import { isShort, numberStyle } from "../../figures/charts/numbers.js";
import { logarithmicTicks } from "../../figures/charts/ticks.js";
import type { Axis, Point, Series, View } from "./series.js";
import { colorOf, inks } from "./theme.js";

Chart.register(
  ...[LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Filler, Tooltip, zoomPlugin],
);

/** Evaluations are marked while they are few enough to tell apart. */
const MOST_MARKERS = 30;
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export type Range = [number, number, number, number];
export type Drawn = Chart<"line", Point[]>;

export interface PlotOptions {
  zoom: Range | undefined;
  onZoom(range: Range): void;
  /** Told what the pointer is at; null of nothing. */
  onPoint(text: string | null): void;
}

/** What is said of a point, with the number as the CSV file has it. */
export function sayPoint({ x }: View, series: Series, point: Point): string {
  const what = [series.name, series.detail, point.note].filter(Boolean).join(", ");
  const where = x.label.replace(/ \(.*\)$/, "");
  return `${what}: ${point.y === null || series.style === "dots" || series.style === "bars" ? point.x : `${point.y} at ${where} ${point.x}`}`;
}

/** On the page. */
export function draw(canvas: HTMLCanvasElement, view: View, options: PlotOptions): Drawn {
  const { zoom, onZoom, onPoint } = options;
  const tell = ({ chart }: { chart: Chart }) => onZoom(rangeOf(chart));
  const base = configurationOf(view, { zoom, narrow: canvas.clientWidth < 480 });
  return new Chart(canvas, {
    ...base,
    options: {
      ...base.options,
      interaction: { mode: "nearest", intersect: false, axis: "xy" },
      onHover: (_event, active) => {
        const [first] = active;
        const series = first && view.series[first.datasetIndex];
        const point = series?.points[first?.index ?? 0];
        onPoint(series && point ? sayPoint(view, series, point) : null);
      },
      plugins: {
        tooltip: {
          filter: ({ datasetIndex }) => datasetIndex < view.series.length,
          displayColors: false,
          callbacks: {
            title: () => "",
            label: ({ datasetIndex, dataIndex }) => {
              const series = view.series[datasetIndex];
              return sayPoint(view, series, series.points[dataIndex]).split(": ");
            },
          },
        },
        zoom: {
          pan: { enabled: true, mode: "xy", modifierKey: "shift", onPanComplete: tell },
          zoom: {
            wheel: { enabled: true, modifierKey: "ctrl" },
            drag: {
              enabled: true,
              backgroundColor: "rgba(0, 114, 178, .15)",
              borderColor: "#0072B2",
              borderWidth: 1,
            },
            ...{ pinch: { enabled: true }, mode: "xy", onZoomComplete: tell },
          },
        },
      },
    },
  });
}

/** For a file: whole, on white, and drawn at once on whatever is like a canvas. */
export function drawStill(
  canvas: HTMLCanvasElement,
  view: View,
  { width, height, scale }: { width: number; height: number; scale: number },
): Drawn {
  const base = configurationOf(view, { zoom: undefined, narrow: false, force: "light" });
  // Lines that have segments of their own are drawn point by point, without Path2D, which no SVG understands.
  const datasets = base.data.datasets.map((one) => ({ ...one, segment: {} }));
  return new Chart(canvas, {
    ...base,
    data: { datasets },
    platform: BasicPlatform,
    options: {
      ...base.options,
      ...{ responsive: false, devicePixelRatio: scale, aspectRatio: width / height, events: [] },
      plugins: STILL,
    },
  });
}

/** A plugin is left out by false, which the zoom's types do not know. */
const STILL: object = { tooltip: false, zoom: false };

interface Looks {
  zoom: Range | undefined;
  narrow: boolean;
  force?: "light";
}

function configurationOf(view: View, { zoom, narrow, force }: Looks): ChartConfiguration<"line", Point[]> {
  const lines = view.series.filter(({ style }) => style !== "thin");
  const few = lines.every(({ points }) => points.length <= MOST_MARKERS) && lines.length <= 24;
  return {
    type: "line",
    data: {
      datasets: [
        ...view.series.map((series) => lineOf(series, few, force)),
        ...view.series.flatMap((series) => bandOf(series, force)),
      ],
    },
    options: {
      ...{ animation: false, maintainAspectRatio: false, parsing: false, locale: "en-US" },
      layout: { padding: { top: 8, right: 12 } },
      scales: {
        x: axisOf(view.x, zoom?.slice(0, 2), narrow, force),
        y: axisOf(view.y, zoom?.slice(2, 4), narrow, force),
      },
    },
    plugins: [ground(view, force)],
  };
}

export function rangeOf({ scales: { x, y } }: Chart): Range {
  return [x.min, x.max, y.min, y.max];
}

function lineOf(series: Series, few: boolean, force?: "light"): ChartDataset<"line", Point[]> {
  const { style, points } = series;
  const color = colorOf(series.color, force);
  const marks = style === "crosses" || style === "rings" || style === "dots" || style === "bars";
  const radius = style === "dots" ? 5 : style === "bars" ? 11 : 7;
  return {
    ...{ label: series.name, data: points, borderColor: color, showLine: !marks, tension: 0, fill: false },
    backgroundColor: style === "rings" ? "transparent" : style === "dots" ? `${color}99` : color,
    borderWidth: style === "thin" ? 1 : style === "dashed" ? 1.75 : 2.25,
    borderDash: style === "dashed" ? [6, 4] : [],
    pointStyle: style === "crosses" ? "crossRot" : style === "bars" ? "line" : "circle",
    pointRotation: style === "bars" ? 90 : 0,
    pointRadius: marks ? radius : style === "thin" ? 0 : few ? 2.5 : 0,
    pointHoverRadius: marks ? radius + 1 : 5,
    pointBorderWidth: style === "bars" ? 3 : marks ? 2 : 1,
  };
}

/** Its lower edge, and its upper one, filled down to the lower. */
function bandOf({ name, color, band }: Series, force?: "light"): ChartDataset<"line", Point[]>[] {
  if (!band) return [];
  const edge = {
    label: name,
    borderWidth: 0,
    pointRadius: 0,
    pointHitRadius: 0,
    pointHoverRadius: 0,
    tension: 0,
  };
  const backgroundColor = `${colorOf(color, force)}2e`;
  return [
    { ...edge, backgroundColor, data: band.map(({ x, low }) => ({ x, y: low })), fill: false },
    { ...edge, backgroundColor, data: band.map(({ x, high }) => ({ x, y: high })), fill: "-1" },
  ];
}

type ScaleOptions = Partial<ScaleOptionsByType<"linear" | "logarithmic">> & { type: Axis["kind"] };

function axisOf(axis: Axis, zoom: number[] | undefined, narrow: boolean, force?: "light") {
  const { text, muted, grid } = inks(force);
  const { names } = axis;
  const [min, max] = zoom ?? [axis.min, axis.max];
  const size = narrow ? 11 : 12;
  return {
    type: axis.kind,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    title: {
      display: axis.label !== "",
      text: axis.label,
      color: text,
      font: { family: FONT, size: size + 1 },
    },
    grid: { color: grid },
    border: { color: grid },
    afterBuildTicks: (scale: { min: number; max: number; ticks: { value: number }[] }) => {
      if (names) scale.ticks = names.map((_, value) => ({ value }));
      else if (axis.kind === "logarithmic")
        scale.ticks = logarithmicTicks(scale.min, scale.max).map((value) => ({ value }));
    },
    ticks: {
      ...{ color: muted, font: { family: FONT, size }, includeBounds: false, maxRotation: 0 },
      autoSkip: names === undefined,
      callback: (value: string | number, _index: number, ticks: { value: number }[]) => {
        const named = names?.[Number(value)]?.split(/ (?=against )/);
        return named ?? numbersOf(ticks, axis.kind)(Number(value));
      },
    },
  } as unknown as ScaleOptions as object;
}

/** As in the figures. */
function numbersOf(ticks: { value: number }[], kind: Axis["kind"]): (value: number) => string {
  const values = ticks.map(({ value }) => value);
  return numberStyle(values, kind === "linear" || isShort(Math.min(...values), Math.max(...values)));
}

/** The ground, and upright dashed lines. */
function ground({ marks }: View, force?: "light"): Plugin<"line"> {
  return {
    id: "ground",
    beforeDraw: ({ ctx, width, height }) => {
      ctx.save();
      ctx.fillStyle = inks(force).ground;
      ctx.fillRect(0, 0, width, height);
      ctx.restore();
    },
    beforeDatasetsDraw: ({ ctx, chartArea, scales }) => {
      ctx.save();
      ctx.strokeStyle = inks(force).muted;
      for (const mark of marks ?? []) {
        const x = scales.x.getPixelForValue(mark);
        if (x < chartArea.left || x > chartArea.right) continue;
        ctx.setLineDash(mark === 0 ? [] : [4, 4]);
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
      }
      ctx.restore();
    },
  };
}
