// How wide a text is, before there is a chart to draw it on.

import type { SKRSContext2D } from "@napi-rs/canvas";
import { font } from "./axes.js";
import { loadCanvas } from "./canvas.js";
import { registerFonts } from "./fonts.js";

let context: SKRSContext2D | undefined;

/** In units of the layout, of letters of this size. */
export function textWidth(text: string, size: number): number {
  registerFonts();
  context ??= loadCanvas().createCanvas(1, 1).getContext("2d");
  context.font = `${size}px ${font(size).family}`;
  return context.measureText(text).width;
}

/** In lines that are no wider; a word that is wider has a line of its own. */
export function linesOf(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  for (const word of text === "" ? [] : text.split(" ")) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
