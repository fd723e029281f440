import type { Plugin } from "chart.js";
import { font, type Range } from "./axes.js";
import { numberStyle } from "./numbers.js";
import type { Theme } from "./theme.js";

const SIZE = 13;
const GAP = 10;

/** Says at the upper edge how far up the curves begin, right of where the last of them comes into the picture. */
export function cutMark(
  theme: Theme,
  { curves, yRange }: { curves: readonly { points: { x: number; y: number }[] }[]; yRange: Range },
  greatest: number,
): Plugin<"line"> {
  const rounded = Number(greatest.toPrecision(3));
  const text = `↑ from ${numberStyle([rounded], false)(rounded)}`;
  return {
    id: "cut-mark",
    afterDatasetsDraw({ ctx, chartArea, scales: { x } }) {
      const entries = curves.flatMap(({ points }) => points.find(({ y }) => y <= yRange.max)?.x ?? []);
      const { family, size } = font(SIZE);
      ctx.save();
      ctx.font = `${size}px ${family}`;
      ctx.fillStyle = theme.text;
      ctx.textBaseline = "top";
      const most = chartArea.right - ctx.measureText(text).width - GAP;
      ctx.fillText(text, Math.min(most, x.getPixelForValue(Math.max(...entries)) + GAP), chartArea.top + GAP);
      ctx.restore();
    },
  };
}
