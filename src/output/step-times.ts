// step-times.csv of a study: what a step of each optimizer takes alone, with all threads.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cell, csvText, numberOf, readCsv } from "./csv.js";

export const STEP_TIME_COLUMNS = [
  "dataset",
  "label",
  "learning_rate",
  "instruction_set",
  "threads",
  "steps",
  "median_step_milliseconds",
] as const;
export type StepTimeRow = Record<(typeof STEP_TIME_COLUMNS)[number], Cell>;

export function stepTimesPath(folder: string): string {
  return join(folder, "step-times.csv");
}

export function stepTimesText(rows: StepTimeRow[]): string {
  return csvText(STEP_TIME_COLUMNS, rows);
}

/** Its rows as texts; none where they were not measured. */
export function readStepTimeRows(folder: string): Record<string, string>[] {
  const path = stepTimesPath(folder);
  return existsSync(path) ? readCsv(readFileSync(path, "utf8"), path, STEP_TIME_COLUMNS) : [];
}

/** Milliseconds of a step by dataset and label. */
export function readStepTimes(folder: string): Map<string, number> {
  const column = "median_step_milliseconds";
  return new Map(
    readStepTimeRows(folder).flatMap((row) => {
      const milliseconds = numberOf(row[column], stepTimesPath(folder), column);
      return milliseconds === null ? [] : [[`${row.dataset} ${row.label}`, milliseconds] as const];
    }),
  );
}
