import type { TableModel } from "../model.js";
import { csv, h, saveText, slug } from "./dom.js";

type Cell = TableModel["rows"][number][number];

/** How each table was last sorted: it stays so when the page is drawn anew. */
const sorts = new Map<string, { column: number; down: boolean }>();

export function table(whole: TableModel, level: "h3" | "h4" = "h3"): HTMLElement {
  const model = withoutEmpty(whole);
  const body = h("tbody");
  const heads = model.head.map((name, column) =>
    h(
      "th",
      { scope: "col", class: isNumeric(model, column) ? "number" : null },
      h(
        "button",
        { type: "button", click: () => sortBy(column) },
        name,
        h("span", { class: "arrow", "aria-hidden": "true" }),
      ),
    ),
  );
  const fill = () => {
    const sort = sorts.get(model.title);
    heads.forEach((head, column) => {
      if (sort?.column === column) head.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    body.replaceChildren(...sorted(model.rows, sort).map((row) => rowOf(model, row)));
  };
  function sortBy(column: number): void {
    const sort = sorts.get(model.title);
    sorts.set(model.title, { column, down: sort?.column === column && !sort.down });
    fill();
  }
  fill();
  return h(
    "section",
    { class: "card table-card" },
    h(
      "div",
      { class: "card-head" },
      h(level, {}, model.title),
      h(
        "button",
        {
          ...{ type: "button", class: "small", "aria-label": `${model.title}: save as CSV` },
          click: () => saveText(`${slug(model.title)}.csv`, "text/csv", csv([model.head, ...model.rows])),
        },
        "CSV",
      ),
    ),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": model.title },
      h("table", {}, h("thead", {}, h("tr", {}, heads)), body),
    ),
  );
}

/** Columns in which some row has something. */
function withoutEmpty(model: TableModel): TableModel {
  const kept = model.head.map((_, column) =>
    model.rows.some((row) => row[column] !== null && row[column] !== ""),
  );
  const of = <T>(cells: readonly T[]) => cells.filter((_, column) => kept[column]);
  return { title: model.title, head: of(model.head), rows: model.rows.map(of) };
}

function isNumeric({ rows }: TableModel, column: number): boolean {
  return rows.length > 0 && rows.every((row) => typeof row[column] === "number" || row[column] === null);
}

function rowOf(model: TableModel, row: readonly Cell[]): HTMLElement {
  const cells = row.map((cell, column) => {
    const numeric = isNumeric(model, column);
    return h(
      "td",
      { class: numeric ? "number" : null, title: typeof cell === "number" ? cell : null },
      shown(cell),
    );
  });
  return h("tr", {}, cells);
}

/** Numbers to five digits, whole ones whole. */
export function shown(cell: Cell): string {
  if (cell === null || cell === "") return "–";
  if (typeof cell === "string" || Number.isInteger(cell)) return String(cell);
  const size = Math.abs(cell);
  return size >= 1e-4 && size < 1e6 ? String(Number(cell.toPrecision(4))) : cell.toExponential(3);
}

/** Numbers before texts, what is missing last. */
function sorted(
  rows: TableModel["rows"],
  sort: { column: number; down: boolean } | undefined,
): TableModel["rows"] {
  if (!sort) return rows;
  const { column, down } = sort;
  const sign = down ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [one[column], other[column]];
    if (a === b) return 0;
    if (a === null || a === "") return 1;
    if (b === null || b === "") return -1;
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    if (typeof a === "number") return -sign;
    if (typeof b === "number") return sign;
    return sign * a.localeCompare(b, "en", { numeric: true });
  });
}
