// Tables for a terminal: numbers aligned on the point, and no wider than the terminal, without a word broken.

import { outputWidth, wordsOf, wrapped } from "./terminal.js";

/** Between columns, and where they are crowded. */
const GAPS = ["  ", " "];
/** A table whose rows would need more lines than this is shown as blocks. */
const MOST_LINES = 6;
/** Rows of more lines than this are set apart by an empty one. */
const CLOSE_LINES = 2;
/** A number at the beginning of a cell: what is before its point, the rest of it, and what follows. */
const NUMBER = /^([-−+]?\d+)((?:\.\d+)?(?:e[-+]?\d+)?)(?![\w.,:/-]| \d)(.*)$/;
const NOTHING = ["", "–"];

interface Column {
  head: string;
  cells: string[];
  /** Numbers and nothing else, which belong to the right. */
  right: boolean;
}

/**
 * Columns of text, or of numbers whose points are below each other; the first row is the head. What is wider than `width`
 * is crowded, then broken at spaces; what cannot be made to fit so, or would be hard to read, becomes a block for each row.
 */
export function formatTable([head = [], ...body]: string[][], width = outputWidth()): string {
  const columns = head.map((name, index) =>
    columnOf(
      name,
      body.map((row) => row[index]),
    ),
  );
  for (const gap of GAPS) {
    const widths = columns.map(widthOf);
    if (lengthOf(widths, gap) <= width) return tableOf(columns, widths, gap);
  }
  const [, gap] = GAPS;
  const widths = shrunk(columns, width, gap);
  const lines = (index: number) =>
    Math.max(...columns.map(({ cells }, column) => wrapped(cells[index], widths[column]).length));
  const readable = body.every((_, index) => lines(index) <= MOST_LINES);
  return lengthOf(widths, gap) <= width && readable
    ? tableOf(columns, widths, gap)
    : blocksOf(head, body, width);
}

/** Numbers where most cells begin with one. */
function columnOf(head: string, cells: string[]): Column {
  const said = cells.filter((cell) => !NOTHING.includes(cell));
  const numbers = cells.flatMap((cell) => {
    const match = NUMBER.exec(cell);
    return match ? [match] : [];
  });
  if (2 * numbers.length <= said.length) return { head, cells, right: false };
  const [before, after] = [1, 2].map((part) => Math.max(...numbers.map((match) => match[part].length)));
  const bare = numbers.every(([, , , rest]) => rest === "");
  const aligned = cells.map((cell) => {
    const [, whole, fraction, rest] = NUMBER.exec(cell) ?? [];
    if (whole !== undefined) {
      // Remarks in parentheses are below each other, units stay with their numbers.
      return `${whole.padStart(before)}${rest.startsWith(" (") ? fraction.padEnd(after) : fraction}${rest}`;
    }
    return NOTHING.includes(cell) ? cell.padStart(before) : cell.padStart(before + after);
  });
  const widest = Math.max(...aligned.map((cell) => cell.length));
  return { head, cells: bare ? aligned.map((cell) => cell.padEnd(widest)) : aligned, right: bare };
}

function widthOf({ head, cells }: Column): number {
  return Math.max(...[head, ...cells].map((cell) => cell.length));
}

function lengthOf(widths: readonly number[], gap: string): number {
  return widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
}

/** Widths that fit, as far as words allow: first heads are broken, then the widest columns. */
function shrunk(columns: readonly Column[], width: number, gap: string): number[] {
  const longestWord = (texts: readonly string[]) =>
    Math.max(...texts.flatMap((text) => wordsOf(text).map((word) => word.length)));
  const heads = columns.map(({ head }) => longestWord([head]));
  const bodies = columns.map(({ cells }) => Math.max(0, ...cells.map((cell) => cell.length)));
  const words = columns.map(({ head, cells }) => longestWord([head, ...cells]));
  const widths = columns.map(widthOf);
  for (const least of [heads.map((word, index) => Math.max(word, bodies[index])), words]) {
    while (lengthOf(widths, gap) > width) {
      const open = widths.flatMap((own, index) => (own > least[index] ? [index] : []));
      if (open.length === 0) break;
      widths[open.reduce((widest, index) => (widths[index] > widths[widest] ? index : widest))]--;
    }
  }
  return widths;
}

function tableOf(columns: readonly Column[], widths: readonly number[], gap: string): string {
  const row = (cellOf: (column: Column) => string): string[] => {
    const cells = columns.map((column, index) => wrapped(cellOf(column), widths[index]));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, index) => {
          const text = lines[line] ?? "";
          return columns[index].right ? text.padStart(widths[index]) : text.padEnd(widths[index]);
        })
        .join(gap)
        .trimEnd(),
    );
  };
  const count = columns[0]?.cells.length ?? 0;
  const rule = widths.map((width) => "─".repeat(width)).join(gap);
  const rows = Array.from({ length: count }, (_, index) => row(({ cells }) => cells[index]));
  const apart = rows.some((lines) => lines.length > CLOSE_LINES) ? "\n\n" : "\n";
  const body = rows.map((lines) => lines.join("\n")).join(apart);
  return [...row(({ head }) => head), rule, ...(count > 0 ? [body] : [])].join("\n");
}

/** A line for each cell that is not empty, its column's head before it. */
function blocksOf(head: readonly string[], body: readonly string[][], width: number): string {
  const indent = Math.max(...head.map((name) => name.length)) + GAPS[0].length;
  const blocks = body.map((row) =>
    row.flatMap((cell, index) =>
      (cell === "" ? [] : wrapped(cell, width - indent)).map((line, at) =>
        `${(at === 0 ? head[index] : "").padEnd(indent)}${line}`.trimEnd(),
      ),
    ),
  );
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}
