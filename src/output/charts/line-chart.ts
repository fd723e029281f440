import { createCanvas, SvgExportFlag } from "@napi-rs/canvas";
import { Chart, type ChartConfiguration, type LegendItem, registerables } from "chart.js";
import { FONT_FAMILY, registerFonts } from "./fonts.js";
import { logarithmicTicks } from "./ticks.js";

export const FIGURE_FORMATS = ["png", "svg"] as const;
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

export interface Curve {
  /** Curves of one name share a colour and one legend entry. */
  name: string;
  color: string;
  /** A line, solid unless it is said, or marks alone. */
  style?: "dashed" | "crosses" | "rings";
  points: { x: number; y: number }[];
  /** Shaded around it. */
  band?: { x: number; low: number; high: number }[];
}

export interface LineChart {
  title: string;
  /** A second, smaller line. */
  subtitle?: string | undefined;
  xLabel: string;
  yLabel: string;
  /** Legend entries for the line styles, where both are used. */
  styles?: { solid: string; dashed: string };
  curves: Curve[];
  /** Limits of the x axis where it is logarithmic; else it is linear and begins at 0. */
  xRange?: { min: number; max: number };
  yRange: { min: number; max: number };
  /** Of the y axis, which is logarithmic unless this says otherwise. */
  yScale?: "linear";
}

const WIDTH = 800;
const HEIGHT = 540;
/** Pixels of a PNG for each unit of the layout: 1600 × 1080, sharp in print at 14 cm. */
const PNG_SCALE = 2;
/** Evaluations are marked while they are few enough to tell apart. */
const MOST_MARKERS = 30;
const TEXT = "#222222";
const GRID = "#e4e4e4";
const STYLE_LEGEND = "#666666";

Chart.register(...registerables);

/** Draws charts side by side and one below the other; the same charts give the same bytes. */
export function drawLineCharts(rows: LineChart[][], format: FigureFormat): Buffer {
  registerFonts();
  const width = WIDTH * Math.max(...rows.map(({ length }) => length));
  const height = HEIGHT * rows.length;
  const panels = rows.flatMap((charts, row) =>
    charts.map((chart, column) => ({ chart, x: column * WIDTH, y: row * HEIGHT })),
  );
  if (format === "svg") {
    // Letters as paths: the file needs no font where it is shown.
    const svgs = panels.map(({ chart, x, y }) => {
      const canvas = createCanvas(WIDTH, HEIGHT, SvgExportFlag.ConvertTextToPaths);
      const svg = draw(canvas, configuration(chart, 1), () => canvas.getContent().toString("utf8"));
      return svg.replace(/^<\?xml[^>]*>\s*/, "").replace("<svg ", `<svg x="${x}" y="${y}" `);
    });
    const head = `<?xml version="1.0" encoding="utf-8" ?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`;
    return Buffer.from(renumberIds(`${head}\n${svgs.join("\n")}\n</svg>\n`));
  }
  const sheet = createCanvas(width * PNG_SCALE, height * PNG_SCALE);
  for (const { chart, x, y } of panels) {
    const canvas = createCanvas(WIDTH, HEIGHT);
    draw(canvas, configuration(chart, PNG_SCALE), () =>
      sheet.getContext("2d").drawImage(canvas, x * PNG_SCALE, y * PNG_SCALE),
    );
  }
  return sheet.toBuffer("image/png");
}

/** The library counts an SVG's ids on through the life of the process; here they begin at 0 in every file. */
function renumberIds(svg: string): string {
  const numbers = new Map<string, number>();
  const renumber = (id: string) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return `cl_${numbers.get(id)}`;
  };
  return svg.replace(/\bcl_[0-9a-f]+\b/g, renumber);
}

/** chart.js asks of a canvas what @napi-rs/canvas gives, but types it as the browser's. */
function draw<T>(canvas: unknown, config: ChartConfiguration<"line">, take: () => T): T {
  const drawn = new Chart(canvas as ConstructorParameters<typeof Chart>[0], config);
  const result = take();
  drawn.destroy(); // which clears the canvas
  return result;
}

function configuration(chart: LineChart, scale: number): ChartConfiguration<"line"> {
  const marked = chart.curves.every(({ points }) => points.length <= MOST_MARKERS);
  return {
    type: "line",
    data: {
      datasets: [...chart.curves.map((curve) => lineOf(curve, marked)), ...chart.curves.flatMap(bandOf)],
    },
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: scale,
      parsing: false,
      locale: "en-US", // the figure's numbers, whatever the machine's language
      layout: { padding: { top: 8, right: 20, bottom: 8, left: 8 } },
      plugins: {
        title: {
          display: true,
          text: chart.title,
          color: TEXT,
          font: font(18, 600),
          padding: { bottom: chart.subtitle ? 2 : 10 },
        },
        subtitle: {
          display: chart.subtitle !== undefined,
          text: chart.subtitle ?? "",
          color: TEXT,
          font: font(13),
          padding: { bottom: 8 },
        },
        legend: {
          position: "top",
          labels: {
            color: TEXT,
            font: font(14),
            usePointStyle: true,
            pointStyleWidth: 36,
            padding: 16,
            generateLabels: () => legend(chart),
          },
        },
      },
      scales: {
        x: chart.xRange
          ? logarithmicAxis(chart.xRange, chart.xLabel)
          : { type: "linear", min: 0, title: axisTitle(chart.xLabel), ticks: TICKS, grid: { color: GRID } },
        y:
          chart.yScale === "linear"
            ? {
                ...{ type: "linear", ...chart.yRange, title: axisTitle(chart.yLabel), grid: { color: GRID } },
                ticks: { ...TICKS, includeBounds: false, callback: (value) => tickLabel(Number(value)) },
              }
            : logarithmicAxis(chart.yRange, chart.yLabel),
      },
    },
    plugins: [
      {
        id: "background",
        beforeDraw: ({ ctx }) => {
          ctx.fillStyle = "#ffffff";
          ctx.fillRect(0, 0, WIDTH, HEIGHT);
        },
      },
    ],
  };
}

type Line = ChartConfiguration<"line">["data"]["datasets"][number];

function lineOf({ name, color, style, points }: Curve, marked: boolean): Line {
  const marks = style === "crosses" || style === "rings";
  return {
    label: name,
    data: points,
    borderColor: color,
    backgroundColor: style === "rings" ? "transparent" : color,
    borderWidth: style === "dashed" ? 1.75 : 2.25,
    borderDash: style === "dashed" ? [6, 4] : [],
    showLine: !marks,
    pointStyle: style === "crosses" ? "crossRot" : "circle",
    pointRadius: marks ? 7 : marked ? 2.5 : 0,
    pointBorderWidth: marks ? 2 : 1,
    tension: 0,
  };
}

/** Its lower edge, and its upper one, filled down to the lower. */
function bandOf({ name, color, band }: Curve): Line[] {
  if (!band) return [];
  const edge = { label: name, borderWidth: 0, pointRadius: 0, backgroundColor: `${color}2e`, tension: 0 };
  return [
    { ...edge, data: band.map(({ x, low }) => ({ x, y: low })), fill: false },
    { ...edge, data: band.map(({ x, high }) => ({ x, y: high })), fill: "-1" },
  ];
}

const font = (size: number, weight: 400 | 600 = 400) => ({ family: FONT_FAMILY, size, weight });
const axisTitle = (text: string) => ({ display: true, text, color: TEXT, font: font(15) });
const TICKS = { color: TEXT, font: font(14) };

function logarithmicAxis({ min, max }: { min: number; max: number }, label: string) {
  return {
    type: "logarithmic" as const,
    ...{ min, max, title: axisTitle(label), grid: { color: GRID } },
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      axis.ticks = logarithmicTicks(min, max).map((value) => ({ value }));
    },
    ticks: { ...TICKS, autoSkip: false, callback: (value: string | number) => tickLabel(Number(value)) },
  };
}

/** An entry for each name, then one for each line style. */
function legend({ curves, styles }: LineChart): LegendItem[] {
  const item = (text: string, color: string, lineDash: number[]): LegendItem => ({
    text,
    fontColor: TEXT,
    strokeStyle: color,
    fillStyle: color,
    lineWidth: 2.25,
    pointStyle: "line",
    lineDash,
    hidden: false,
  });
  const colors = new Map(curves.map(({ name, color }) => [name, color]));
  return [
    ...[...colors].map(([name, color]) => item(name, color, [])),
    ...(styles ? [item(styles.solid, STYLE_LEGEND, []), item(styles.dashed, STYLE_LEGEND, [6, 4])] : []),
  ];
}

function tickLabel(value: number): string {
  const short = Number(value.toPrecision(6));
  return short === 0 || (Math.abs(short) >= 1e-4 && Math.abs(short) < 1e5)
    ? String(short)
    : short.toExponential();
}
