import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { messageOf, RpBenchError } from "../errors.js";

export type Cell = string | number | null;

/** CSV text of rows with these columns; null is an empty cell. */
export function csvText(columns: readonly string[], rows: Record<string, Cell>[], header = true): string {
  return stringify(rows, { columns: [...columns], header });
}

/**
 * Reads rows as texts by column.
 *
 * @throws RpBenchError DATA_CORRUPT, naming the file
 */
export function readCsv(file: string, path: string, columns: readonly string[]): Record<string, string>[] {
  const text = file.replace(/^\ufeff/, "");
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true });
  } catch (error) {
    throw new RpBenchError("DATA_CORRUPT", `${path}: not a CSV file (${messageOf(error)})`, { cause: error });
  }
  const header = text.split(/\r?\n/, 1)[0].split(",");
  const missing = text === "" ? undefined : columns.find((column) => !header.includes(column));
  if (missing) throw new RpBenchError("DATA_CORRUPT", `${path}: has no column ${missing}`);
  return rows;
}

/** A cell as a number, null where it is empty. */
export function numberOf(text: string | undefined, path: string, column: string): number | null {
  if (text === undefined || text === "") return null;
  const value = Number(text);
  if (Number.isNaN(value))
    throw new RpBenchError("DATA_CORRUPT", `${path}: ${column} is not a number: ${text}`);
  return value;
}
