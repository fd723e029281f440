// A chart as a file: on white, with its title and its legend, which on the page stand beside it.

import { Element as SvgCanvas } from "svgcanvas";
import { save, saveText } from "./dom.js";
import { drawStill } from "./plot.js";
import type { View } from "./series.js";

const [WIDTH, HEIGHT] = [800, 440];
const LINE = 22;
const FONT = 'system-ui, "Segoe UI", Roboto, Arial, sans-serif';
const INK = "#1D232B";
const STYLES = "solid: test, dashed: train";

/** 1600 pixels wide. */
export function savePng(view: View, name: string): void {
  const chart = document.createElement("canvas");
  chart.width = WIDTH;
  chart.height = HEIGHT;
  const drawn = drawStill(chart, view, { width: WIDTH, height: HEIGHT, scale: 2 });
  const sheet = document.createElement("canvas");
  const context = sheet.getContext("2d");
  if (!context) return;
  const head = headOf(view, (text) => {
    context.font = `12px ${FONT}`;
    return context.measureText(text).width;
  });
  sheet.width = 2 * WIDTH;
  sheet.height = 2 * (HEIGHT + head.height);
  context.scale(2, 2);
  paintHead(context, view, head);
  context.drawImage(chart, 0, head.height, WIDTH, HEIGHT);
  drawn.destroy();
  sheet.toBlob((blob) => blob && save(`${name}.png`, blob), "image/png");
}

/** Text stays text, so that it can be searched and edited. */
export function saveSvg(view: View, name: string): void {
  const canvas = new SvgCanvas({ width: WIDTH, height: HEIGHT });
  const drawn = drawStill(canvas as unknown as HTMLCanvasElement, view, {
    width: WIDTH,
    height: HEIGHT,
    scale: 1,
  });
  const measure = document.createElement("canvas").getContext("2d");
  const head = headOf(view, (text) => {
    if (!measure) return 7 * text.length;
    measure.font = `12px ${FONT}`;
    return measure.measureText(text).width;
  });
  const top = new SvgCanvas({ width: WIDTH, height: head.height });
  paintHead(top.getContext("2d"), view, head);
  const chart = canvas.svg.cloneNode(true) as SVGSVGElement;
  drawn.destroy();
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sheet.setAttribute("width", String(WIDTH));
  sheet.setAttribute("height", String(HEIGHT + head.height));
  chart.setAttribute("y", String(head.height));
  sheet.append(top.svg, chart);
  saveText(`${name}.svg`, "image/svg+xml", `${new XMLSerializer().serializeToString(sheet)}\n`);
}

interface Head {
  height: number;
  entries: { name: string; color: string; x: number; y: number }[];
}

/** Where the entries of the legend stand: in as many lines as they need. */
function headOf(view: View, widthOf: (text: string) => number): Head {
  let [x, y] = [16, 70];
  const names = new Map(view.series.map((series) => [series.name, series])).values();
  const entries = [...names].map(({ name, color }) => {
    const width = widthOf(name) + 46;
    if (x + width > WIDTH && x > 16) [x, y] = [16, y + LINE];
    const entry = { name, color, x, y };
    x += width;
    return entry;
  });
  return { entries, height: y + 12 };
}

function paintHead(
  context: CanvasRenderingContext2D,
  { title, subtitle, series }: View,
  { entries, height }: Head,
): void {
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, WIDTH, height + HEIGHT);
  context.fillStyle = INK;
  context.font = `600 17px ${FONT}`;
  context.fillText(title, 16, 28);
  context.font = `12px ${FONT}`;
  const trained = series.some(({ detail }) => detail.startsWith("train"));
  context.fillText([subtitle, trained ? STYLES : ""].filter(Boolean).join("; "), 16, 48);
  for (const { name, color, x, y } of entries) {
    context.fillStyle = color;
    context.fillRect(x, y - 6, 22, 3);
    context.fillStyle = INK;
    context.fillText(name, x + 28, y);
  }
}
