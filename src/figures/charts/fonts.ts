import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { loadCanvas } from "./canvas.js";

/** Inter, from an npm package, so that figures look the same on every machine; λ is in its Greek file. */
export const FONT_FAMILY = "Inter, 'Inter Greek'";

let registered = false;

export function registerFonts(): void {
  if (registered) return;
  const { GlobalFonts } = loadCanvas();
  const resolve = createRequire(import.meta.url).resolve;
  for (const [script, family] of [
    ["latin", "Inter"],
    ["greek", "Inter Greek"],
  ]) {
    for (const weight of [400, 600]) {
      const path = resolve(`@fontsource/inter/files/inter-${script}-${weight}-normal.woff2`);
      if (!GlobalFonts.register(readFileSync(path), family))
        throw new Error(`the font ${path} does not load`);
    }
  }
  registered = true;
}
