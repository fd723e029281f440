// What all kinds of charts have.

import { font } from "./axes.js";
import { linesOf } from "./text-width.js";
import type { Theme } from "./theme.js";

export const commonOptions = (scale: number) => ({
  ...{ animation: false as const, responsive: false, devicePixelRatio: scale },
  locale: "en-US", // the figure's numbers, whatever the machine's language
});

/**
 * In as many lines as they need.
 *
 * @param sizes of letters
 * @param width of the chart below them
 */
export function titles(
  theme: Theme,
  { title, subtitle }: { title: string; subtitle?: string | undefined },
  sizes: { title: number; subtitle: number },
  width: number,
) {
  return {
    title: {
      ...{ display: true, text: linesOf(title, BOLD * sizes.title, width) },
      ...{ color: theme.text, font: font(sizes.title, 600), padding: { bottom: subtitle ? 2 : 10 } },
    },
    subtitle: {
      ...{ display: subtitle !== undefined, text: clausesOf(subtitle ?? "", sizes.subtitle, width) },
      ...{ color: theme.text, font: font(sizes.subtitle), padding: { bottom: 8 } },
    },
  };
}

/** In one line, or where it is too long for that each clause in a line of its own. */
function clausesOf(text: string, size: number, width: number): string[] {
  const lines = linesOf(text, size, width);
  return lines.length < 2 ? lines : text.split(/(?<=;) /).flatMap((clause) => linesOf(clause, size, width));
}

/** How much wider bold letters are. */
const BOLD = 1.1;

/** A size that is asked for, made large enough in its own shape; the sheet is then drawn smaller. */
export function enlarged(asked: Size, least: Size): Size {
  const factor = Math.max(1, least.width / asked.width, least.height / asked.height);
  return { width: Math.ceil(factor * asked.width), height: Math.ceil(factor * asked.height) };
}

export interface Size {
  width: number;
  height: number;
}
