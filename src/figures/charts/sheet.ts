import { createRequire } from "node:module";
import type * as ChartLibrary from "chart.js";
import type { Chart, ChartConfiguration, Plugin } from "chart.js";
import { loadCanvas } from "./canvas.js";
import { registerFonts } from "./fonts.js";
import { type Theme, type ThemeName, themeOf } from "./theme.js";

export const FIGURE_FORMATS = ["png", "svg"] as const;
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

type Configuration = ChartConfiguration<"line"> | ChartConfiguration<"bar">;

/** How charts are drawn. */
export interface Ink {
  /** Pixels for each unit of the layout. */
  scale: number;
  theme: Theme;
}

export const SVG_TEXTS = ["paths", "text"] as const;

/** What a sheet is written as. */
export interface Output {
  format: FigureFormat;
  theme?: ThemeName | undefined;
  /** Of an SVG's letters: paths, so that the file needs no font where it is shown, or text, which can be selected. */
  svgText?: (typeof SVG_TEXTS)[number] | undefined;
}

/** A chart and its place on a sheet. */
export interface Panel {
  x: number;
  y: number;
  width: number;
  height: number;
  configuration: (ink: Ink) => Configuration;
}

/** Pixels of a PNG for each unit of the layout: 1600 × 1080 of a chart of 800 × 540, sharp in print at 14 cm. */
const PNG_SCALE = 2;

/** Loaded when it is first used: most commands draw nothing, and start the sooner. */
function loadChart(): typeof Chart {
  const { Chart, registerables }: typeof ChartLibrary = createRequire(import.meta.url)("chart.js");
  Chart.register(...registerables);
  return Chart;
}

/**
 * Draws charts on one sheet; the same charts give the same bytes.
 *
 * @param size in units of the layout, of a sheet that is drawn smaller than its panels are laid out
 */
export function drawSheet(
  panels: readonly Panel[],
  output: FigureFormat | Output,
  size?: { width: number; height: number },
): Buffer {
  const {
    format,
    theme: name = "light",
    svgText = "paths",
  }: Output = typeof output === "string" ? { format: output } : output;
  const theme = themeOf(name);
  const { createCanvas, SvgExportFlag } = loadCanvas();
  registerFonts();
  const sheetWidth = Math.max(...panels.map(({ x, width }) => x + width));
  const sheetHeight = Math.max(...panels.map(({ y, height }) => y + height));
  const drawn = size ?? { width: sheetWidth, height: sheetHeight };
  if (format === "svg") {
    const flag = svgText === "paths" ? SvgExportFlag.ConvertTextToPaths : SvgExportFlag.NoPrettyXML;
    const svgs = panels.map(({ x, y, width, height, configuration }) => {
      const canvas = createCanvas(width, height, flag);
      const svg = draw(canvas, theme, configuration({ scale: 1, theme }), () =>
        canvas.getContent().toString("utf8"),
      );
      return svg.replace(/^<\?xml[^>]*>\s*/, "").replace("<svg ", `<svg x="${x}" y="${y}" `);
    });
    const head = `<?xml version="1.0" encoding="utf-8" ?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${drawn.width}" height="${drawn.height}" viewBox="0 0 ${sheetWidth} ${sheetHeight}">`;
    const svg = renumberIds(`${head}\n${svgs.join("\n")}\n</svg>\n`);
    return Buffer.from(withFontStack(svg));
  }
  const scale = (PNG_SCALE * drawn.width) / sheetWidth;
  const sheet = createCanvas(PNG_SCALE * drawn.width, PNG_SCALE * drawn.height);
  const context = sheet.getContext("2d");
  context.fillStyle = theme.ground;
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const { x, y, width, height, configuration } of panels) {
    const canvas = createCanvas(width, height);
    draw(canvas, theme, configuration({ scale, theme }), () =>
      context.drawImage(canvas, x * scale, y * scale),
    );
  }
  return sheet.toBuffer("image/png");
}

/** The library counts an SVG's ids on through the life of the process; here they begin at 0 in every file. */
function renumberIds(svg: string): string {
  const numbers = new Map<string, number>();
  const renumber = (id: string) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return `cl_${numbers.get(id)}`;
  };
  return svg.replace(/\bcl_[0-9a-f]+\b/g, renumber);
}

/** Skia names a family of bold letters, which browsers do not know, and a weight that is not theirs. */
function withFontStack(svg: string): string {
  return svg
    .replaceAll(/font-family="Inter[^"]*"/g, 'font-family="Inter, sans-serif"')
    .replaceAll('font-weight="500"', 'font-weight="600"');
}

/** chart.js asks of a canvas what @napi-rs/canvas gives, but types it as the browser's. */
function draw<T>(canvas: unknown, { ground }: Theme, config: Configuration, take: () => T): T {
  const Library = loadChart();
  const drawn = new Library(canvas as ConstructorParameters<typeof Chart>[0], {
    ...(config as ChartConfiguration),
    plugins: [background(ground), ...(config.plugins ?? [])] as Plugin[],
  });
  const result = take();
  drawn.destroy(); // which clears the canvas
  return result;
}

const background = (color: string) => ({
  id: "background",
  beforeDraw: ({ ctx, width, height }: Chart) => {
    ctx.fillStyle = color;
    ctx.fillRect(0, 0, width, height);
  },
});
