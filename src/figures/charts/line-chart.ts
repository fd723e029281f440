import type { ChartConfiguration } from "chart.js";
import { axisFromZero, linearAxis, logarithmicAxis, type Range } from "./axes.js";
import { shadeOf } from "./colors.js";
import { commonOptions, titles } from "./common.js";
import { cutMark } from "./cut-mark.js";
import { endLabelPlugin, endLabels, LABEL_MARGIN } from "./end-labels.js";
import { type CurveStyle, DASHES, type LegendCurve, LINE_WIDTH, legendOptions } from "./legend.js";
import { drawSheet, type FigureFormat, type Ink, type Output, type Panel } from "./sheet.js";
import type { Theme } from "./theme.js";

export interface Curve extends LegendCurve {
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
  /** Limits of the x axis, which is logarithmic unless `xScale` says otherwise; without them linear, beginning at 0. */
  xRange?: Range;
  xScale?: "linear";
  /** Only whole numbers stand at the x axis. */
  xWhole?: boolean;
  yRange: Range;
  /** The greatest value at the start of curves that lies above the y axis, where that is cut for what follows. */
  cut?: number;
  /** Of the y axis, which is logarithmic unless this says otherwise. */
  yScale?: "linear";
  /** A part of a figure, in units of the layout: smaller letters, and the legend is the figure's. */
  part?: { width: number; height: number };
  /** Of a whole figure, in units of the layout. */
  size?: { width: number; height: number };
}

/** What stands above charts that are parts of one figure, whose legend it has. */
export interface Heading {
  title: string;
  subtitle: string | undefined;
  curves: LegendCurve[];
  styles?: { solid: string; dashed: string } | undefined;
}

const SIZE = { width: 800, height: 540 };
/** What the titles, the axes and their numbers take of the height. */
const FRAME_HEIGHT = 150;
const HEADING_HEIGHT = 96;
/** Evaluations are marked while they are few enough to tell apart. */
const MOST_MARKERS = 30;

/** Draws charts side by side and one below the other; the same charts give the same bytes. */
export function drawLineCharts(
  rows: LineChart[][],
  output: FigureFormat | Output,
  heading?: Heading,
): Buffer {
  const panels: Panel[] = [];
  let y = heading ? HEADING_HEIGHT : 0;
  for (const charts of rows) {
    let x = 0;
    for (const chart of charts) {
      const size = { ...sizeOf(chart) };
      const labels = chart.part || heading ? null : endLabels(chart.curves, size.height - FRAME_HEIGHT);
      if (labels && !chart.size) size.width += LABEL_MARGIN;
      panels.push({ x, y, ...size, configuration: (ink) => configuration(chart, ink, labels, !heading) });
      x += size.width;
    }
    y += Math.max(...charts.map((chart) => sizeOf(chart).height));
  }
  if (heading) {
    const width = Math.max(...panels.map((panel) => panel.x + panel.width));
    const place = { x: 0, y: 0, width, height: HEADING_HEIGHT };
    panels.unshift({ ...place, configuration: (ink) => headingConfiguration(heading, ink) });
  }
  return drawSheet(panels, output);
}

function sizeOf({ part, size }: LineChart): { width: number; height: number } {
  return part ?? size ?? SIZE;
}

/** @param labels beside the curves, in place of a legend @param alone whether the chart has its own legend */
function configuration(
  chart: LineChart,
  { scale, theme }: Ink,
  labels: ReturnType<typeof endLabels>,
  alone: boolean,
): ChartConfiguration<"line"> {
  const looks = chart.part ? STYLES.part : STYLES.whole;
  const lines = chart.curves.filter(({ style }) => style !== "thin");
  const mark = lines.every(({ points }) => points.length <= MOST_MARKERS) ? looks.mark : 0;
  const named = labels ? [] : chart.curves;
  const legend = chart.part || !alone ? { display: false } : legendOptions(theme, named, chart.styles);
  const { xRange, xScale, xLabel, yRange, yScale, yLabel } = chart;
  const paired = chart.styles !== undefined;
  return {
    type: "line",
    plugins: [
      ...(chart.cut === undefined ? [] : [cutMark(theme, chart, chart.cut)]),
      ...(labels ? [endLabelPlugin(theme, labels)] : []),
    ],
    data: {
      datasets: [
        ...chart.curves.map((curve) => lineOf(theme, curve, looks.line, mark, paired)),
        ...chart.curves.flatMap((curve) => bandOf(theme, curve)),
      ],
    },
    options: {
      ...{ ...commonOptions(scale), parsing: false as const },
      // Without it points are taken to go from left to right.
      parsing: xScale === "linear" ? undefined : false,
      layout: { padding: { top: 8, right: labels ? LABEL_MARGIN : 20, bottom: 8, left: 8 } },
      plugins: { ...titles(theme, chart, looks), legend },
      scales: {
        x: xRange
          ? xScale === "linear"
            ? linearAxis(theme, xRange, xLabel, looks.axis, chart.xWhole)
            : logarithmicAxis(theme, xRange, xLabel, looks.axis, chart.xWhole, "below")
          : axisFromZero(theme, xLabel, looks.axis, chart.xWhole),
        y: (yScale === "linear" ? linearAxis : logarithmicAxis)(theme, yRange, yLabel, looks.axis),
      },
    },
  };
}

/** A chart of nothing, for its titles and its legend. */
function headingConfiguration(
  { curves, styles, ...heading }: Heading,
  { scale, theme }: Ink,
): ChartConfiguration<"line"> {
  return {
    type: "line",
    data: { datasets: [] },
    options: {
      ...{ ...commonOptions(scale), parsing: false as const },
      layout: { padding: { top: 8 } },
      plugins: { ...titles(theme, heading, STYLES.whole), legend: legendOptions(theme, curves, styles) },
      scales: { x: { display: false }, y: { display: false } },
    },
  };
}

/** Sizes of letters, width of lines and radius of marks. */
const STYLES = {
  whole: { title: 18, subtitle: 13, axis: 15, line: LINE_WIDTH, mark: 2.5 },
  part: { title: 15, subtitle: 13, axis: 14, line: 1.75, mark: 2 },
};

type Line = ChartConfiguration<"line">["data"]["datasets"][number];

const WIDTHS: Partial<Record<CurveStyle, number>> = { dashed: 1.75, thin: 1 };

/** @param paired whether dashed curves are the partners of solid ones of their colour, which they may lie on */
function lineOf(
  theme: Theme,
  { name, color: own, style, points }: Curve,
  width: number,
  mark: number,
  paired: boolean,
): Line {
  const marks = style === "crosses" || style === "rings";
  const color = theme.curve(own);
  const partner = paired && style === "dashed";
  const ink = partner ? shadeOf(color, theme) : color;
  return {
    label: name,
    data: points,
    // Dashes lie on top, so that both can be seen where they coincide.
    order: style === "dashed" ? 0 : 1,
    borderColor: ink,
    backgroundColor: style === "rings" ? "transparent" : partner ? theme.ground : ink,
    borderWidth: (style && WIDTHS[style]) ?? width,
    borderDash: style === "dashed" ? DASHES : [],
    showLine: !marks,
    pointStyle: style === "crosses" ? "crossRot" : partner ? "rect" : "circle",
    pointRadius: marks ? 7 : style === "thin" ? 0 : mark,
    pointBorderWidth: marks ? 2 : 1,
    tension: 0,
  };
}

/** Its lower edge, and its upper one, filled down to the lower. */
function bandOf(theme: Theme, { name, color, band }: Curve): Line[] {
  if (!band) return [];
  const edge = {
    label: name,
    order: 2,
    borderWidth: 0,
    pointRadius: 0,
    backgroundColor: `${theme.curve(color)}2e`,
    tension: 0,
  };
  return [
    { ...edge, data: band.map(({ x, low }) => ({ x, y: low })), fill: false },
    { ...edge, data: band.map(({ x, high }) => ({ x, y: high })), fill: "-1" },
  ];
}
