// What --json and --json-lines print; docs/format.md describes it.

import { messageOf, RpBenchError } from "../errors.js";
import { jsonText } from "../files/files.js";
import type { Cell } from "../results/csv.js";
import { packageVersion } from "../results/manifest.js";
import {
  type Failure,
  type Line,
  type RunResult,
  type Selection,
  type Summary,
  type SweepResult,
  selectionSchema,
  summarySchema,
} from "../results/output-schemas.js";
import type { LogRow } from "../results/run-log.js";
import { type RunIdentity, runName } from "../results/run-name.js";
import type { RunRecord } from "../results/run-record.js";
import { runNameOf, type SummaryRow } from "../results/summary.js";
import { isAnswered, markAnswered, say } from "./stdout.js";

export interface JsonOptions {
  json?: boolean;
  jsonLines?: boolean;
}

/** Of a command line, whatever else it holds. */
export function jsonOptionsOf(argv: readonly string[]): JsonOptions {
  return { json: argv.includes("--json"), jsonLines: argv.includes("--json-lines") };
}

/** The one object of --json. */
export function sayJson(value: object): void {
  markAnswered();
  say(jsonText(value));
}

export function sayLine(line: Line): void {
  if (line.event === "end") markAnswered();
  say(`${JSON.stringify(line)}\n`);
}

/** The result of a command, which is all that --json prints, and the last line of --json-lines. */
export function sayResult({ jsonLines }: JsonOptions, result: RunResult | SweepResult): void {
  if (jsonLines) sayLine({ event: "end", ...result });
  else sayJson(result);
}

/** How a command ended. @param failure what went wrong after its runs */
export function outcomeOf(failure: unknown, code: number): Pick<RunResult, "error" | "exitCode"> {
  if (failure === undefined) return { error: null, exitCode: code };
  return { error: failureOf(failure), exitCode: exitCodeOfError(failure) };
}

/** An error that ends a command; nothing where the result was printed, which holds it then. */
export function sayFailure(
  { json, jsonLines }: JsonOptions,
  error: Failure["error"],
  exitCode: number,
): void {
  if (isAnswered()) return;
  if (jsonLines) sayLine({ event: "error", error, exitCode });
  else if (json) sayJson({ error, exitCode } satisfies Failure);
}

/** What is no error of this program's has no code of its own. */
export function failureOf(error: unknown): Failure["error"] {
  return { code: error instanceof RpBenchError ? error.code : "INTERNAL", message: messageOf(error) };
}

export function exitCodeOfError(error: unknown): number {
  return error instanceof RpBenchError ? error.exitCode : 1;
}

/** A table's row with keys as programs have them; a number that JSON has no word for is null. */
function camelCased(row: Record<string, Cell>): Record<string, Cell> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      typeof value === "number" && !Number.isFinite(value) ? null : value,
    ]),
  );
}

export function summaryJson(row: SummaryRow): Summary {
  return summarySchema.parse({ run: runNameOf(row), ...camelCased(row) });
}

export function selectionJson(row: Record<string, Cell>): Selection {
  return selectionSchema.parse(camelCased(row));
}

type Event<Name extends string> = Omit<Extract<Line, { event: Name }>, "event">;

export function sayStart(start: Omit<Event<"start">, "version" | "time">): void {
  sayLine({ event: "start", ...start, version: packageVersion(), time: new Date().toISOString() });
}

export function sayRow(run: RunIdentity & Pick<RunRecord, "role">, row: LogRow): void {
  const { problem, label, variant, learningRate, seed, role } = run;
  const { epoch, step, trainingSeconds, trainLoss, validationLoss, testLoss, chosen = null } = row;
  sayLine({
    ...{ event: "row", run: runName(run), problem, label, variant, learningRate, seed, role, epoch, step },
    ...{ trainingSeconds: Number(trainingSeconds.toFixed(6)), trainLoss, validationLoss, testLoss, chosen },
  });
}

export function sayRunEnd(record: RunRecord, kept: boolean): void {
  sayLine({ event: "run-end", run: runName(record), kept, ...record });
}
