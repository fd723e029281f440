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

/** Milliseconds of a step of an optimizer on a dataset; null where it was not measured. */
export function readStepTimes(folder: string): (dataset: string, label: string) => number | null {
  const rows = readStepTimeRows(folder);
  const column = "median_step_milliseconds";
  return (dataset, label) => {
    const row = rows.find((one) => one.dataset === dataset && one.label === label);
    return numberOf(row?.[column], stepTimesPath(folder), column);
  };
}
