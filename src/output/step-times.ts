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

/** Milliseconds of a step by dataset and label; empty where they were not measured. */
export function readStepTimes(folder: string): Map<string, number> {
  const path = stepTimesPath(folder);
  if (!existsSync(path)) return new Map();
  const rows = readCsv(readFileSync(path, "utf8"), path, STEP_TIME_COLUMNS);
  return new Map(
    rows.flatMap((row) => {
      const milliseconds = numberOf(row.median_step_milliseconds, path, "median_step_milliseconds");
      return milliseconds === null ? [] : [[`${row.dataset} ${row.label}`, milliseconds] as const];
    }),
  );
}
