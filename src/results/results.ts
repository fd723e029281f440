// Reads a result folder from its CSV files. Of a study, runs made side by side, only the runs in its summary count: a folder may hold others, made
// for a rate that a later command no longer chose, or published just before a crash.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RpBenchError } from "../errors.js";
import { isDirectory } from "../files/files.js";
import { numberOf, readCsv } from "./csv.js";
import type { LogRow } from "./run-log.js";
import { readRunLog } from "./run-log.js";
import { parseRunName, type RunIdentity, runName } from "./run-name.js";
import { readStepTimes } from "./step-times.js";
import { SUMMARY_COLUMNS } from "./summary.js";

export interface RunResult extends RunIdentity {
  rows: LogRow[];
  /** From summary.csv; null where it has no such run, as after a crash. */
  optimizer: string | null;
  datasetTitle: string | null;
  settings: string | null;
  role: string | null;
  status: string | null;
  step: number | null;
  bestValidationLoss: number | null;
  /** Of a study measured alone, null before that; else of the run itself. */
  medianStepMilliseconds: number | null;
}

/** @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT */
export function readResults(folder: string): RunResult[] {
  const runs = join(folder, "runs");
  if (!isDirectory(runs)) {
    throw new RpBenchError("RESULTS_ABSENT", `${folder}: not a result folder, it has no runs/`);
  }
  const summary = readSummary(join(folder, "summary.csv"));
  const manifest = manifestOf(folder);
  const study = manifest.command === "sweep" || [...summary.values()].some(({ role }) => role === "tuning");
  const timeOf = readStepTimes(folder);
  const results = readdirSync(runs)
    .filter((file) => file.endsWith(".csv"))
    .sort()
    .flatMap((file) => {
      const identity = parseRunName(file.slice(0, -".csv".length));
      if (!identity) return [];
      const { dataset, label } = identity;
      const inSummary = summary.get(runName(identity));
      if (study && !inSummary) return [];
      const title = manifest.datasets?.find(({ name }) => name === dataset)?.title ?? null;
      const known = inSummary ?? { ...UNKNOWN, datasetTitle: title };
      const alone = study ? { medianStepMilliseconds: timeOf(dataset, label) } : {};
      return [{ ...identity, rows: readRunLog(join(runs, file)), ...known, ...alone }];
    });
  if (!results.some(({ rows }) => rows.length > 0)) {
    throw new RpBenchError("RESULTS_ABSENT", `${folder}: no run has a row yet, so there is nothing to show`);
  }
  return results;
}

interface Written {
  command?: unknown;
  datasets?: { name: string; title: string }[];
}

/** What the manifest says, as far as it can be read: the CSV files may be all there is. */
function manifestOf(folder: string): Written {
  try {
    return JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) ?? {};
  } catch {
    return {};
  }
}

const UNKNOWN = {
  optimizer: null,
  datasetTitle: null,
  settings: null,
  role: null,
  status: null,
  step: null,
  bestValidationLoss: null,
  medianStepMilliseconds: null,
};
type Known = Pick<RunResult, keyof typeof UNKNOWN>;

function readSummary(path: string): Map<string, Known> {
  if (!existsSync(path)) return new Map();
  const rows = readCsv(readFileSync(path, "utf8"), path, SUMMARY_COLUMNS);
  return new Map(
    rows.map((row) => [
      `${row.dataset}-${row.label}-lr${row.learning_rate}-seed${row.seed}`,
      {
        optimizer: row.optimizer,
        datasetTitle: row.dataset_title,
        settings: row.settings,
        role: row.role,
        status: row.status,
        step: numberOf(row.step, path, "step"),
        bestValidationLoss: numberOf(row.best_validation_loss, path, "best_validation_loss"),
        medianStepMilliseconds: numberOf(row.median_step_milliseconds, path, "median_step_milliseconds"),
      },
    ]),
  );
}
