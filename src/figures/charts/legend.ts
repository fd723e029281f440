import type { LegendItem } from "chart.js";
import { font } from "./axes.js";
import { textWidth } from "./text-width.js";
import type { Theme } from "./theme.js";

/** What a legend needs of a curve; curves of one name share an entry. */
export interface LegendCurve {
  name: string;
  color: string;
  style?: CurveStyle;
  /** Its optimizer alone, without rate and settings, for sheets whose charts have others; with what was lost of it. */
  short?: { name: string; lost: string };
}

/** Of a line that is not solid, or marks alone. */
export type CurveStyle = "dashed" | "crosses" | "rings" | "thin";

export const LINE_WIDTH = 2.25;
export const DASHES = [6, 4];

/** Of an entry: its letters, its line with the room after it, and the room between two. */
const [LETTERS, LINE, BETWEEN] = [14, 44, 16];

/** The rows that a legend of this width has; Infinity where an entry is wider than that and would be cut. */
export function legendRows(texts: readonly string[], width: number): number {
  let [rows, used] = [1, 0];
  for (const text of texts) {
    const own = LINE + textWidth(text, LETTERS) + BETWEEN;
    if (own + BETWEEN > width) return Infinity;
    if (used + own > width) [rows, used] = [rows + 1, 0];
    used += own;
  }
  return rows;
}

/** What stands in the legend. */
export function legendTexts(
  curves: readonly LegendCurve[],
  styles?: { solid: string; dashed: string },
): string[] {
  return [...new Set(curves.map(({ name }) => name)), ...(styles ? [styles.solid, styles.dashed] : [])];
}

/** Above the chart: an entry for each name, then one for each line style where both are used. */
export function legendOptions(
  theme: Theme,
  curves: readonly LegendCurve[],
  styles?: { solid: string; dashed: string },
) {
  const names = [...new Map(curves.map((curve) => [curve.name, curve])).values()];
  return {
    position: "top" as const,
    labels: {
      ...{
        color: theme.text,
        font: font(LETTERS),
        usePointStyle: true,
        pointStyleWidth: 36,
        padding: BETWEEN,
      },
      generateLabels: () => [
        ...names.map(({ name, color }) => item(theme, name, theme.curve(color), onlyDashed(curves, name))),
        ...(styles
          ? [item(theme, styles.solid, theme.muted, false), item(theme, styles.dashed, theme.muted, true)]
          : []),
      ],
    },
  };
}

function onlyDashed(curves: readonly LegendCurve[], name: string): boolean {
  return curves.every((curve) => curve.name !== name || curve.style === "dashed");
}

function item(theme: Theme, text: string, color: string, dashed: boolean): LegendItem {
  return {
    ...{ text, fontColor: theme.text, strokeStyle: color, fillStyle: color, hidden: false },
    ...{ lineWidth: LINE_WIDTH, pointStyle: "line", lineDash: dashed ? DASHES : [] },
  };
}
