import type { ChartConfiguration } from "chart.js";
import { axisFromZero, linearAxis, logarithmicAxis, type Range } from "./axes.js";
import { shadeOf } from "./colors.js";
import { commonOptions, enlarged, titles } from "./common.js";
import { cutMark } from "./cut-mark.js";
import { endLabelPlugin, endLabels, heightOfLabels, LABEL_MARGIN, type Label } from "./end-labels.js";
import {
  type CurveStyle,
  DASHES,
  type LegendCurve,
  LINE_WIDTH,
  legendOptions,
  legendRows,
  legendTexts,
} from "./legend.js";
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
/** A smaller figure is this one made smaller, so that letters do not fill it. */
const LEAST_SIZE = { width: 560, height: 378 };
/** Free at the sides. */
const [LEFT, RIGHT] = [8, 20];
/** What the titles, the axes and their numbers take of the height. */
const FRAME_HEIGHT = 150;
/** Of the titles and a legend of one row above several charts, and of each further row. */
const [HEADING_HEIGHT, LEGEND_ROW] = [96, 33];
/** Evaluations are marked while they are few enough to tell apart. */
const MOST_MARKERS = 30;

/** Draws charts side by side and one below the other; the same charts give the same bytes. */
export function drawLineCharts(
  rows: LineChart[][],
  output: FigureFormat | Output,
  heading?: Heading,
): Buffer {
  const panels: Panel[] = [];
  const parts = rows.map((charts) => charts.map((chart) => ({ chart, ...layoutOf(chart, heading) })));
  const width = Math.max(...parts.map((row) => row.reduce((sum, part) => sum + part.width, 0)));
  const top = heading ? headingHeight(heading, width) : 0;
  if (heading)
    panels.push({
      ...{ x: 0, y: 0, width, height: top },
      configuration: (ink) => headingConfiguration(heading, ink, width),
    });
  let y = top;
  for (const row of parts) {
    let x = 0;
    for (const { chart, labels, width, height } of row) {
      const place = { x, y, width, height };
      panels.push({
        ...place,
        configuration: (ink) => configuration(chart, ink, { width, labels, alone: !heading }),
      });
      x += width;
    }
    y += Math.max(...row.map(({ height }) => height));
  }
  return drawSheet(panels, output, rows[0]?.[0]?.size);
}

/** The size of a chart, large enough for the labels beside its curves, if it has any. */
function layoutOf(
  { part, size, curves, styles }: LineChart,
  heading: Heading | undefined,
): { width: number; height: number; labels: Label[] | null } {
  if (part) return { ...part, labels: null };
  const own = size ?? SIZE;
  const room = Math.max(own.width, LEAST_SIZE.width) - LEFT - RIGHT;
  const labels = heading ? null : endLabels(curves, room, styles);
  const least = {
    width: LEAST_SIZE.width + (labels ? LABEL_MARGIN : 0),
    height: Math.max(LEAST_SIZE.height, labels ? heightOfLabels(labels) + FRAME_HEIGHT : 0),
  };
  if (size) return { ...enlarged(size, least), labels };
  const width = SIZE.width + (labels ? LABEL_MARGIN : 0);
  return { width, height: Math.max(SIZE.height, least.height), labels };
}

function headingHeight({ curves, styles }: Heading, width: number): number {
  const texts = legendTexts(curves, styles);
  return HEADING_HEIGHT + LEGEND_ROW * (Math.min(texts.length, legendRows(texts, width)) - 1);
}

interface Place {
  width: number;
  /** Beside the curves, in place of a legend. */
  labels: Label[] | null;
  /** Whether the chart has its own legend. */
  alone: boolean;
}

function configuration(
  chart: LineChart,
  { scale, theme }: Ink,
  { width, labels, alone }: Place,
): ChartConfiguration<"line"> {
  const looks = chart.part ? STYLES.part : STYLES.whole;
  const lines = chart.curves.filter(({ style }) => style !== "thin");
  const mark = lines.every(({ points }) => points.length <= MOST_MARKERS) ? looks.mark : 0;
  const named = labels ? [] : chart.curves;
  const legend = chart.part || !alone ? { display: false } : legendOptions(theme, named, chart.styles);
  const { xRange, xScale, xLabel, yRange, yScale, yLabel } = chart;
  const paired = chart.styles !== undefined;
  const right = labels ? LABEL_MARGIN : RIGHT;
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
      layout: { padding: { top: 8, right, bottom: 8, left: LEFT } },
      plugins: { ...titles(theme, chart, looks, width - LEFT - right), legend },
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
  width: number,
): ChartConfiguration<"line"> {
  return {
    type: "line",
    data: { datasets: [] },
    options: {
      ...{ ...commonOptions(scale), parsing: false as const },
      layout: { padding: { top: 8 } },
      plugins: {
        ...titles(theme, heading, STYLES.whole, width),
        legend: legendOptions(theme, curves, styles),
      },
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
