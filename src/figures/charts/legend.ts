import type { LegendItem } from "chart.js";
import { font } from "./axes.js";
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
      ...{ color: theme.text, font: font(14), usePointStyle: true, pointStyleWidth: 36, padding: 16 },
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
