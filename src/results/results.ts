// Reads a result folder from its CSV files. Of a study, runs made side by side, only the runs in its tables count: a folder may hold others, made
// for a rate that a later command no longer chose, or published just before a crash.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DATASET_NAMES, type DatasetName } from "../data/catalogue.js";
import { messageOf, RpBenchError } from "../errors.js";
import { isDirectory } from "../files/files.js";
import { type Loss, lossSchema } from "../model/objective.js";
import { parseWith } from "../validation.js";
import { numberOf } from "./csv.js";
import { textWithSum } from "./edited-text.js";
import { otherFormat, readManifest } from "./manifest.js";
import type { LogRow } from "./run-log.js";
import { readRunLog } from "./run-log.js";
import { parseRunName, type RunIdentity, rateOf, runName } from "./run-name.js";
import { readRunRecord } from "./run-record.js";
import { readStepTimes } from "./step-times.js";
import { readSummaryRows } from "./summary.js";

export interface RunResult extends RunIdentity {
  rows: LogRow[];
  dataset: DatasetName;
  loss: Loss;
  /** From summary.csv or tuning.csv; null where they have no such run, as after a crash. */
  optimizer: string | null;
  title: string | null;
  settings: string | null;
  role: string | null;
  status: string | null;
  step: number | null;
  bestValidationLoss: number | null;
  /** Of a study measured alone, null before that; else of the run itself. */
  medianStepMilliseconds: number | null;
}

/**
 * `warn` is told of logs that are not those of their records: whatever is made of them is made of something else.
 *
 * @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT
 */
export function readResults(folder: string, warn: (message: string) => void = () => {}): RunResult[] {
  const runs = join(folder, "runs");
  if (!isDirectory(runs)) {
    throw new RpBenchError("RESULTS_ABSENT", `${folder}: not a result folder, it has no runs/`);
  }
  const summary = new Map(
    ["tuning.csv", "summary.csv"].flatMap((name) => [...readSummary(join(folder, name))]),
  );
  const manifest = manifestOf(folder, warn);
  const study = manifest.command === "sweep" || [...summary.values()].some(({ role }) => role === "tuning");
  const timeOf = readStepTimes(folder);
  const results = readdirSync(runs)
    .filter((file) => file.endsWith(".csv"))
    .sort()
    .flatMap((file) => {
      const name = file.slice(0, -".csv".length);
      const known = summary.get(name) ?? (study ? null : unknown(name, manifest));
      if (!known) return [];
      const alone = study ? { medianStepMilliseconds: timeOf(known.problem, known.label) } : {};
      const path = join(runs, file);
      const doubt = doubtOf(path);
      if (doubt) warn(`${doubt}; rp-bench verify ${folder} tells more`);
      return [{ ...known, rows: readRunLog(path), ...alone }];
    });
  if (!results.some(({ rows }) => rows.length > 0)) {
    throw new RpBenchError("RESULTS_ABSENT", `${folder}: no run has a row yet, so there is nothing to show`);
  }
  return results;
}

/** Why a log is not to be believed; null also of one without a record, as a crash leaves it. */
function doubtOf(logPath: string): string | null {
  try {
    const record = readRunRecord(logPath.replace(/\.csv$/, ".json"));
    if (!record || textWithSum(readFileSync(logPath), record.logSha256)) return null;
    return `${logPath}: is not the log that its record was written for`;
  } catch (error) {
    return messageOf(error);
  }
}

interface Written {
  command?: unknown;
  datasets?: { name: string; title: string }[];
  config?: { loss?: unknown };
}

/** What the manifest says, as far as it can be read: the CSV files may be all there is. */
function manifestOf(folder: string, warn: (message: string) => void): Written {
  const path = join(folder, "manifest.json");
  if (!existsSync(path)) return {};
  let other: RpBenchError | null;
  try {
    other = otherFormat(path);
    if (!other) return readManifest(path);
  } catch (error) {
    warn(messageOf(error));
    return {};
  }
  throw other;
}

const UNKNOWN = {
  optimizer: null,
  settings: null,
  role: null,
  status: null,
  step: null,
  bestValidationLoss: null,
  medianStepMilliseconds: null,
};
type Known = Omit<RunResult, "rows">;

/** A run that is in no summary yet; null where that is no run's name. */
function unknown(name: string, { datasets, config }: Written): Known | null {
  const identity = parseRunName(name);
  if (!identity) return null;
  const dataset = identity.problem;
  const title = datasets?.find((one) => one.name === dataset)?.title ?? null;
  return { ...identity, dataset, title, loss: lossSchema.catch("mse").parse(config?.loss), ...UNKNOWN };
}

function readSummary(path: string): Map<string, Known> {
  if (!existsSync(path)) return new Map();
  const rows = readSummaryRows(readFileSync(path, "utf8"), path);
  const named = z.object({ dataset: z.enum(DATASET_NAMES), loss: lossSchema });
  return new Map(
    rows.map((row): [string, Known] => {
      const identity = {
        ...{ problem: row.problem, label: row.label, variant: row.variant },
        learningRate: rateOf(row.learning_rate),
        seed: Number(row.seed),
      };
      const known = {
        ...identity,
        ...parseWith(named, row, (key) => `${path}: ${key}`, "DATA_CORRUPT"),
        ...{ title: row.title, optimizer: row.optimizer, settings: row.settings, role: row.role },
        status: row.status,
        step: numberOf(row.step, path, "step"),
        bestValidationLoss: numberOf(row.best_validation_loss, path, "best_validation_loss"),
        medianStepMilliseconds: numberOf(row.median_step_milliseconds, path, "median_step_milliseconds"),
      };
      return [runName(identity), known];
    }),
  );
}
