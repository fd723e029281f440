// What all kinds of charts have.

import { font } from "./axes.js";
import type { Theme } from "./theme.js";

export const commonOptions = (scale: number) => ({
  ...{ animation: false as const, responsive: false, devicePixelRatio: scale },
  locale: "en-US", // the figure's numbers, whatever the machine's language
});

/** @param sizes of letters */
export function titles(
  theme: Theme,
  { title, subtitle }: { title: string; subtitle?: string | undefined },
  sizes: { title: number; subtitle: number },
) {
  return {
    title: {
      ...{ display: true, text: title, color: theme.text, font: font(sizes.title, 600) },
      padding: { bottom: subtitle ? 2 : 10 },
    },
    subtitle: {
      ...{
        display: subtitle !== undefined,
        text: subtitle ?? "",
        color: theme.text,
        font: font(sizes.subtitle),
      },
      padding: { bottom: 8 },
    },
  };
}
