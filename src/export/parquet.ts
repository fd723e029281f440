import { parquetWriteBuffer } from "hyparquet-writer";
import { COLUMN_NAMES, COLUMNS, type TidyRow } from "./rows.js";

const TYPES = { text: "STRING", count: "INT64", number: "DOUBLE" } as const;

/** Apache Parquet: every column may hold null. */
export function parquetOf(rows: readonly TidyRow[]): Uint8Array {
  const columnData = COLUMN_NAMES.map((name) => {
    const { kind } = COLUMNS[name];
    const cells = rows.map((row) => row[name]);
    const data = kind === "count" ? cells.map((cell) => (cell === null ? null : BigInt(cell))) : cells;
    return { name, data, type: TYPES[kind] };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
