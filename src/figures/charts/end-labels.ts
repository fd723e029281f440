// Names at the ends of lines: with many curves a legend above them would have to be matched by colour.

import type { Chart, Plugin } from "chart.js";
import { font } from "./axes.js";
import type { LegendCurve } from "./legend.js";
import type { Theme } from "./theme.js";

/** So many names a legend holds well. */
const MOST_IN_LEGEND = 4;
/** Of the margin, of a letter's size and of a line. */
export const LABEL_MARGIN = 232;
const [NAME_SIZE, NOTE_SIZE] = [14, 11];
const [NAME_HEIGHT, NOTE_HEIGHT] = [17, 13];
const [GAP, INDENT] = [5, 26];
const MOST_LETTERS = 36;

type Curve = LegendCurve & { points: readonly { x: number; y: number }[] };

interface Label {
  color: string;
  name: string;
  notes: string[];
  /** Where its curve ends. */
  end: { x: number; y: number };
}

/** What stands beside curves that are too many for a legend; null where they are few, or too many to stand there, too. */
export function endLabels(curves: readonly Curve[], height: number): Label[] | null {
  const named = [...new Map(curves.map((curve) => [curve.name, curve])).keys()];
  if (named.length <= MOST_IN_LEGEND) return null;
  // Marks have no end, and a curve without a point has none either, but is named for what became of it.
  if (curves.some(({ style }) => style !== undefined && style !== "dashed")) return null;
  const labels = named.flatMap((name): Label[] => {
    const own = curves.find((curve) => curve.name === name && curve.style !== "dashed");
    if (!own) return [];
    const short = own.short?.name ?? name;
    const note = name.startsWith(`${short} (`) ? name.slice(short.length + 2, -1) : "";
    return [
      {
        color: own.color,
        name: short,
        notes: lines(note),
        end: own.points.at(-1) ?? { x: 0, y: Number.NaN },
      },
    ];
  });
  for (const each of [labels, labels.map((label) => ({ ...label, notes: [] }))])
    if (each.reduce((sum, label) => sum + heightOf(label), 0) <= height) return each;
  return null;
}

function lines(text: string): string[] {
  const all: string[] = [];
  for (const word of text === "" ? [] : text.split(" ")) {
    const last = all.at(-1);
    if (last === undefined || last.length + word.length >= MOST_LETTERS) all.push(word);
    else all[all.length - 1] = `${last} ${word}`;
  }
  return all;
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
  ctx.fillText(text, x, y, LABEL_MARGIN - INDENT - GAP); // a longer one is made narrower
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
