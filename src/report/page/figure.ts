// A chart with what belongs to it: its title, a legend that switches curves off, zoom, keys, and files to keep.

import { csv, h, saveText, slug } from "./dom.js";
import { savePng, saveSvg } from "./images.js";
import { type Drawn, draw, rangeOf, sayPoint } from "./plot.js";
import type { Series, View } from "./series.js";
import { change, onChange, state } from "./state.js";
import { colorOf, onTheme } from "./theme.js";

export interface FigureOptions {
  /** Stands in the address. */
  id: string;
  view: () => View;
  /** In units of the page. */
  height?: number;
  level?: "h3" | "h4";
  note?: string | null;
  legend?: boolean;
}

const HINT = "Point at the chart, or use the arrow keys, to read its values.";

/** Figures that are on the page, to be let go of together. */
const figures = new Set<{ destroy(): void; redraw(): void }>();
onTheme(() => {
  for (const figure of figures) figure.redraw();
});
export function forgetFigures(): void {
  for (const figure of figures) figure.destroy();
  figures.clear();
}

export function figure({ id, view, height, level = "h3", note, legend = true }: FigureOptions): HTMLElement {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const readout = h("output", { class: "readout", "aria-live": "polite" }, HINT);
  const title = h(level);
  const subtitle = h("p", { class: "subtitle" });
  const chips = h("div", { class: "legend", role: "group" });
  const plot = h(
    "div",
    {
      class: "plot",
      tabindex: 0,
      role: "group",
      "aria-roledescription": "chart",
      keydown: onKey,
      dblclick: reset,
    },
    canvas,
  );
  if (height !== undefined) plot.style.height = `${height}px`;
  const resetButton = h("button", { type: "button", class: "small", click: reset }, "Reset zoom");
  const name = () => slug(view().title);
  const buttons = h(
    "div",
    { class: "tools" },
    ...[resetButton, keep("CSV", () => saveText(`${name()}.csv`, "text/csv", csv(rowsOf(shown()))))],
    keep("PNG", () => savePng(shown(), name())),
    keep("SVG", () => saveSvg(shown(), name())),
  );
  const card = h(
    "figure",
    { class: "card figure-card", "data-figure": id },
    h("div", { class: "card-head" }, title, buttons),
    ...[subtitle, legend ? chips : null, plot, readout],
    note ? h("p", { class: "note" }, note) : null,
  );
  let drawn: Drawn | null = null;
  /** Series and point that the keys have come to. */
  let cursor = { series: 0, point: -1 };

  const keyOf = (series: Series) => `${id}:${series.name}`;
  function shown(): View {
    const all = view();
    return { ...all, series: all.series.filter((series) => !state.off.has(keyOf(series))) };
  }
  function keep(what: string, click: () => void): HTMLElement {
    return h(
      "button",
      { type: "button", class: "small", "aria-label": `${view().title}: save as ${what}`, click },
      what,
    );
  }
  function redraw(): void {
    drawn?.destroy();
    const now = shown();
    title.textContent = now.title;
    subtitle.textContent = now.subtitle;
    plot.setAttribute(
      "aria-label",
      `${now.title}. Left and right go along a curve, up and down to another, plus and minus zoom, 0 shows all.`,
    );
    chips.setAttribute("aria-label", `${now.title}: curves`);
    resetButton.hidden = !state.zoom.has(id);
    if (legend) drawChips();
    drawn = draw(canvas, now, {
      zoom: state.zoom.get(id),
      onZoom: (range) => change({ zoom: new Map([...state.zoom, [id, range]]) }),
      onPoint: (text) => {
        if (text !== null) readout.textContent = text;
      },
    });
  }
  function drawChips(): void {
    const all = view().series;
    const names = [...new Map(all.map((series) => [series.name, series])).values()];
    const focused = chips.contains(document.activeElement)
      ? [...chips.children].indexOf(document.activeElement as Element)
      : -1;
    chips.replaceChildren(
      ...names.map((series) => {
        const on = !state.off.has(keyOf(series));
        const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
        swatch.style.setProperty("--curve", colorOf(series.color));
        return h(
          "button",
          { type: "button", class: "chip", "aria-pressed": String(on), click: () => toggle(series) },
          ...[swatch, series.name],
        );
      }),
      all.some(({ detail }) => detail.startsWith("train"))
        ? h("span", { class: "key" }, "solid: test, dashed: train")
        : "",
    );
    const again = focused < 0 ? null : chips.children[focused];
    if (again instanceof HTMLElement) again.focus();
  }
  function toggle(series: Series): void {
    const off = new Set(state.off);
    if (!off.delete(keyOf(series))) off.add(keyOf(series));
    change({ off });
  }
  function reset(): void {
    const zoom = new Map(state.zoom);
    zoom.delete(id);
    change({ zoom });
  }
  function onKey(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.ctrlKey || event.metaKey || event.altKey || !drawn) return;
    const zoomBy = { "+": 1.25, "=": 1.25, "-": 0.8 }[event.key];
    if (zoomBy !== undefined) {
      drawn.zoom(zoomBy, "none");
      change({ zoom: new Map([...state.zoom, [id, rangeOf(drawn)]]) });
    } else if (event.key === "0") reset();
    else if (!move(event.key)) return;
    event.preventDefault();
  }
  /** Whether the key is one that moves. */
  function move(key: string): boolean {
    const by = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[key];
    if (!by || !drawn) return false;
    const now = shown();
    const filled = now.series.filter(({ points }) => points.length > 0);
    if (filled.length === 0) return true;
    const index = (cursor.series + by[0] + filled.length) % filled.length;
    const series = filled[index];
    const point = Math.min(Math.max(0, cursor.point + by[1]), series.points.length - 1);
    cursor = { series: index, point };
    const active = [{ datasetIndex: now.series.indexOf(series), index: point }];
    drawn.setActiveElements(active);
    drawn.tooltip?.setActiveElements(active, { x: 0, y: 0 });
    drawn.update("none");
    readout.textContent = sayPoint(now, series, series.points[point]);
    return true;
  }
  const onState = () => {
    if (card.isConnected) redraw();
  };
  onChange(onState);
  const own = { destroy: () => drawn?.destroy(), redraw };
  figures.add(own);
  // A canvas has no size before it is on the page.
  requestAnimationFrame(redraw);
  return card;
}

/** A row a point, and of bands their edges. */
function rowsOf(view: View): (string | number | null)[][] {
  const head = ["curve", "detail", view.x.label, view.y.label || "row", "low", "high"];
  return [
    head,
    ...view.series.flatMap(({ name, detail, points, band }) =>
      points.map(({ x, y, note }, index) => [
        ...[name, [detail, note].filter(Boolean).join(", "), x, y],
        ...[band?.[index]?.low ?? null, band?.[index]?.high ?? null],
      ]),
    ),
  ];
}
