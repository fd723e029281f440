// step-times.csv of a study: what a step of each optimizer takes alone, with all threads.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cell, csvText, numberOf, readCsv } from "./csv.js";

export const STEP_TIME_COLUMNS = [
  "problem",
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
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  if (!text.startsWith("dataset,")) return readCsv(text, path, STEP_TIME_COLUMNS);
  // Of format 1, whose datasets were its problems.
  const [, ...others] = STEP_TIME_COLUMNS;
  return readCsv(text, path, ["dataset", ...others]).map((row) => ({ problem: row.dataset, ...row }));
}

/** Milliseconds of a step of an optimizer on a problem; null where it was not measured. */
export function readStepTimes(folder: string): (problem: string, label: string) => number | null {
  const rows = readStepTimeRows(folder);
  const column = "median_step_milliseconds";
  return (problem, label) => {
    const row = rows.find((one) => one.problem === problem && one.label === label);
    return numberOf(row?.[column], stepTimesPath(folder), column);
  };
}
