// Names at the ends of lines: with many curves a legend above them would have to be matched by colour.

import type { Chart, Plugin } from "chart.js";
import { font } from "./axes.js";
import { type LegendCurve, legendRows, legendTexts } from "./legend.js";
import { linesOf } from "./text-width.js";
import type { Theme } from "./theme.js";

/** So many names, and so many rows of them, a legend holds well. */
const [MOST_IN_LEGEND, MOST_ROWS] = [4, 2];
/** Of the margin, of a letter's size and of a line. */
export const LABEL_MARGIN = 232;
const [NAME_SIZE, NOTE_SIZE] = [14, 11];
const [NAME_HEIGHT, NOTE_HEIGHT] = [17, 13];
const [GAP, INDENT] = [5, 26];
const WIDTH = LABEL_MARGIN - INDENT - GAP;
/** Beyond it labels are names alone, and not the settings below them. */
const MOST_HEIGHT = 700;

type Curve = LegendCurve & { points: readonly { x: number; y: number }[] };

export interface Label {
  color: string;
  name: string;
  notes: string[];
  /** Where its curve ends. */
  end: { x: number; y: number };
}

/**
 * What stands beside curves that are too many for a legend, or whose names are too long for one of this width; null
 * where a legend holds them, and where they are marks, which have no end.
 */
export function endLabels(
  curves: readonly Curve[],
  width: number,
  styles?: { solid: string; dashed: string },
): Label[] | null {
  const names = [...new Set(curves.map(({ name }) => name))];
  const fits = names.length <= MOST_IN_LEGEND && legendRows(legendTexts(curves, styles), width) <= MOST_ROWS;
  if (fits || curves.some(({ style }) => style !== undefined && style !== "dashed")) return null;
  const labels = names.flatMap((name): Label[] => {
    // A curve without a point has no end either, but is named for what became of it.
    const own = curves.find((curve) => curve.name === name && curve.style !== "dashed");
    if (!own) return [];
    const short = own.short?.name ?? name;
    const note = name.startsWith(`${short} (`) ? name.slice(short.length + 2, -1) : "";
    const end = own.points.at(-1) ?? { x: 0, y: Number.NaN };
    return [{ color: own.color, name: short, notes: linesOf(unbroken(note), NOTE_SIZE, WIDTH), end }];
  });
  return heightOfLabels(labels) <= MOST_HEIGHT ? labels : labels.map((label) => ({ ...label, notes: [] }));
}

/** With settings whose words stay together, as "warm-up 300", unless they are too long for a line. */
function unbroken(settings: string): string {
  const parts = settings.split(", ");
  return parts
    .map((part) => (linesOf(part, NOTE_SIZE, WIDTH).length === 1 ? part.replaceAll(" ", "\u00a0") : part))
    .join(", ");
}

/** One below the other. */
export function heightOfLabels(labels: readonly Label[]): number {
  return labels.reduce((sum, label) => sum + heightOf(label), 0);
}

function heightOf({ notes }: Label): number {
  return NAME_HEIGHT + NOTE_HEIGHT * notes.length + GAP;
}

/** Writes them into the right margin, none over another, each with a line from the end of its curve. */
export function endLabelPlugin(theme: Theme, labels: readonly Label[]): Plugin<"line"> {
  return {
    id: "end-labels",
    afterDatasetsDraw({ ctx, chartArea, scales: { x, y } }) {
      const wanted = labels.map((label) => {
        const at = y.getPixelForValue(label.end.y);
        const inside = Math.min(chartArea.bottom, Math.max(chartArea.top, at));
        return {
          label,
          at: Number.isNaN(at) ? chartArea.bottom : inside,
          from: x.getPixelForValue(label.end.x),
        };
      });
      wanted.sort((a, b) => a.at - b.at);
      const tops = topsApart(
        wanted.map(({ label, at }) => ({ top: at - NAME_HEIGHT / 2, height: heightOf(label) })),
        chartArea,
      );
      ctx.save();
      ctx.textBaseline = "middle";
      wanted.forEach(({ label, at, from }, index) => {
        const middle = tops[index] + NAME_HEIGHT / 2;
        const color = theme.curve(label.color);
        ctx.strokeStyle = color;
        ctx.lineWidth = 1;
        if (!Number.isNaN(label.end.y)) {
          ctx.setLineDash([1, 3]); // over other curves
          ctx.beginPath();
          ctx.moveTo(Math.min(from, chartArea.right), at);
          ctx.lineTo(chartArea.right, at);
          ctx.stroke();
          ctx.setLineDash([]);
          ctx.beginPath();
          ctx.moveTo(chartArea.right, at);
          ctx.lineTo(chartArea.right + 4, at);
          ctx.lineTo(chartArea.right + INDENT - 5, middle);
          ctx.stroke();
        }
        write(ctx, font(NAME_SIZE, 600), color, label.name, chartArea.right + INDENT, middle);
        label.notes.forEach((note, line) => {
          const below = middle + NAME_HEIGHT / 2 + NOTE_HEIGHT * (line + 0.5);
          write(ctx, font(NOTE_SIZE), theme.muted, note, chartArea.right + INDENT, below);
        });
      });
      ctx.restore();
    },
  };
}

function write(
  ctx: Chart["ctx"],
  { family, size, weight }: ReturnType<typeof font>,
  color: string,
  text: string,
  x: number,
  y: number,
): void {
  ctx.font = `${weight} ${size}px ${family}`;
  ctx.fillStyle = color;
  ctx.fillText(text, x, y, WIDTH); // a longer one is made narrower
}

/** Tops of blocks that do not overlap, as near as may be to those wanted, in their order. */
export function topsApart(
  blocks: readonly { top: number; height: number }[],
  area: { top: number; bottom: number },
): number[] {
  const tops: number[] = [];
  let free = area.top;
  for (const { top, height } of blocks) {
    tops.push(Math.max(free, top));
    free = tops[tops.length - 1] + height;
  }
  let limit = area.bottom + GAP;
  for (let index = blocks.length - 1; index >= 0; index--) {
    tops[index] = Math.min(tops[index], limit - blocks[index].height);
    limit = tops[index];
  }
  return tops;
}
