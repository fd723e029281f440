import type { ChartConfiguration, Plugin } from "chart.js";
import { axisFromZero, font } from "./axes.js";
import { commonOptions, enlarged, type Size, titles } from "./common.js";
import { numberStyle } from "./numbers.js";
import { drawSheet, type FigureFormat, type Ink, type Output, type Panel } from "./sheet.js";
import { linesOf } from "./text-width.js";
import type { Theme } from "./theme.js";

/** Of values that are one number each, where a curve would have a single point. */
export interface BarChart {
  title: string;
  subtitle?: string | undefined;
  valueLabel: string;
  /** Asked for, in units of the layout. */
  size?: Size;
  /** What the filled and the hollow bars are. */
  styles: { filled: string; hollow: string };
  /** From the top. */
  groups: BarGroup[];
}

export interface BarGroup {
  name: string;
  /** Below its name. */
  note: string;
  color: string;
  filled: Bar;
  hollow: Bar;
}

/** null where there is no value, as of a run that diverged. */
export type Bar = { value: number; low: number; high: number } | null;

const WIDTH = 800;
const [LEFT, RIGHT] = [8, 20];
/** Of the titles and the axis, of each group, and of a line of its name. */
const [FRAME_HEIGHT, GROUP_HEIGHT, NAME_HEIGHT] = [170, 62, 17];
/** Of letters, and of the names beside the bars. */
const [SIZE, NAME_WIDTH] = [14, 220];
const GAP = 8;
const DIGITS = 3;

/** The same chart gives the same bytes. */
export function drawBarChart(chart: BarChart, output: FigureFormat | Output): Buffer {
  const lines = Math.max(...chart.groups.map((group) => namesOf(group).length));
  const own = Math.max(GROUP_HEIGHT, NAME_HEIGHT * (lines + 1));
  const least = { width: WIDTH, height: FRAME_HEIGHT + own * chart.groups.length };
  const size = chart.size ? enlarged(chart.size, least) : least;
  const panel: Panel = { x: 0, y: 0, ...size, configuration: (ink) => configuration(chart, ink, size) };
  return drawSheet([panel], output, chart.size);
}

const namesOf = ({ name, note }: BarGroup) => [name, note].flatMap((text) => linesOf(text, SIZE, NAME_WIDTH));

function configuration(chart: BarChart, { scale, theme }: Ink, { width }: Size): ChartConfiguration<"bar"> {
  const { groups, styles } = chart;
  const parts = ["filled", "hollow"] as const;
  const least = Math.max(0, ...groups.flatMap((group) => parts.map((part) => group[part]?.high ?? 0)));
  return {
    type: "bar",
    plugins: [values(theme, groups)],
    data: {
      labels: groups.map(namesOf),
      datasets: parts.map((part) => ({
        label: styles[part],
        data: groups.map((group) => group[part]?.value ?? null),
        backgroundColor: groups.map(({ color }) => (part === "filled" ? theme.curve(color) : theme.ground)),
        borderColor: groups.map(({ color }) => theme.curve(color)),
        borderWidth: 2,
        barPercentage: 0.85,
        categoryPercentage: 0.8,
      })),
    },
    options: {
      ...commonOptions(scale),
      indexAxis: "y",
      layout: { padding: { top: 8, right: RIGHT, bottom: 8, left: LEFT } },
      plugins: {
        ...titles(theme, chart, { title: 18, subtitle: 13 }, width - LEFT - RIGHT),
        legend: {
          labels: {
            color: theme.text,
            font: font(SIZE),
            boxWidth: 22,
            generateLabels: () => legendOf(theme, styles),
          },
        },
      },
      scales: {
        x: { ...axisFromZero(theme, chart.valueLabel, 15), suggestedMax: 1.15 * least },
        y: { type: "category", grid: { display: false }, ticks: { color: theme.text, font: font(SIZE) } },
      },
    },
  };
}

function legendOf(theme: Theme, { filled, hollow }: BarChart["styles"]) {
  const look = { fontColor: theme.text, strokeStyle: theme.muted, lineWidth: 2, hidden: false };
  return [
    { ...look, text: filled, fillStyle: theme.muted },
    { ...look, text: hollow, fillStyle: theme.ground },
  ];
}

/** The number beside each bar, and a line from the least to the greatest where seeds differ. */
function values(theme: Theme, groups: readonly BarGroup[]): Plugin<"bar"> {
  const all = groups.flatMap(({ filled, hollow }) => [filled, hollow].flatMap((bar) => bar?.value ?? []));
  const write = numberStyle(all.map(shortened), true);
  return {
    id: "bar-values",
    afterDatasetsDraw(chart) {
      const { ctx, scales } = chart;
      const { family, size } = font(13);
      ctx.save();
      ctx.font = `${size}px ${family}`;
      ctx.textBaseline = "middle";
      (["filled", "hollow"] as const).forEach((part, index) => {
        chart.getDatasetMeta(index).data.forEach((element, at) => {
          const bar = groups[at][part];
          ctx.fillStyle = theme.text;
          const text = bar ? write(shortened(bar.value)) : "no value";
          const right = scales.x.getPixelForValue(bar ? bar.high : 0);
          ctx.fillText(text, right + GAP, element.y);
          if (!bar || bar.low === bar.high) return;
          ctx.fillRect(
            scales.x.getPixelForValue(bar.low),
            element.y - 1,
            right - scales.x.getPixelForValue(bar.low),
            2,
          );
        });
      });
      ctx.restore();
    },
  };
}

const shortened = (value: number) => Number(value.toPrecision(DIGITS));
