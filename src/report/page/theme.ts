// Colours of charts: the figures' own, made lighter where they would be lost on a dark page.

import { ON_DARK } from "../../figures/charts/theme.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
let onPaper = false;

export function isDark(): boolean {
  return dark.matches && !onPaper;
}

/** @param force of an image to be kept, which is always on white */
export function colorOf(color: string, force?: "light"): string {
  return isDark() && force !== "light" ? (ON_DARK[color] ?? color) : color;
}

/** Text, lines and ground of a chart. */
export function inks(force?: "light"): { text: string; muted: string; grid: string; ground: string } {
  return isDark() && force !== "light"
    ? { text: "#E4E8EE", muted: "#A9B2C0", grid: "#2C343F", ground: "#171C23" }
    : { text: "#1D232B", muted: "#59636F", grid: "#E5E8EC", ground: "#FFFFFF" };
}

/** Calls back where the colours change: the system's theme, and paper, which is white. */
export function onTheme(redraw: () => void): void {
  dark.addEventListener("change", redraw);
  const paper = (is: boolean) => () => {
    onPaper = is;
    redraw();
  };
  window.addEventListener("beforeprint", paper(true));
  window.addEventListener("afterprint", paper(false));
}
