// A result folder for other tools.

import { dirname, join } from "node:path";
import { makeFolder, writeFileAtomically, writing } from "../files/files.js";
import { csvText } from "../results/csv.js";
import { readResults } from "../results/results.js";
import { runName } from "../results/run-name.js";
import { parquetOf } from "./parquet.js";
import { COLUMN_NAMES, tidyRows } from "./rows.js";
import { eventsOf } from "./tensorboard.js";

export const EXPORT_FORMATS = ["csv", "parquet", "tensorboard"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Where a format goes by default: a file, or for TensorBoard a folder. */
export function exportPath(folder: string, format: ExportFormat): string {
  return join(folder, "export", format === "tensorboard" ? format : `rows.${format}`);
}

/** @returns what was written: the table's file, or TensorBoard's folder */
export function exportResults(
  folder: string,
  format: ExportFormat,
  path: string,
  warn: (message: string) => void,
): string {
  const results = readResults(folder, warn);
  if (format === "tensorboard") {
    for (const run of results.filter(({ rows }) => rows.length > 0)) {
      const own = join(path, runName(run));
      writing(own, () => makeFolder(own));
      // A file of the same name each time: writing again replaces it, where TensorBoard would show both.
      writeFileAtomically(join(own, "events.out.tfevents.0.rp-bench"), eventsOf(run));
    }
    return path;
  }
  const rows = tidyRows(results);
  writing(path, () => makeFolder(dirname(path)));
  writeFileAtomically(path, format === "csv" ? csvText(COLUMN_NAMES, rows) : parquetOf(rows));
  return path;
}
