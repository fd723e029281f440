// What `run` prints for programs.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunConfig } from "../config/schema.js";
import { titleOfRun } from "../config/study-problems.js";
import { packageVersion } from "../results/manifest.js";
import type { RunResult } from "../results/output-schemas.js";
import type { RunIdentity } from "../results/run-name.js";
import type { BenchmarkResult, Reporter } from "../training/benchmark.js";
import { outcomeOf, sayRow, sayRunEnd, sayStart, summaryJson } from "./json-output.js";
import { rankingJson } from "./run-report.js";

/** The tables of a result folder, as far as they are there. */
export function tablesOf(folder: string): string[] {
  return ["summary.csv", "manifest.json", "runs"].map((name) => join(folder, name)).filter(existsSync);
}

/** @param failure what went wrong after the runs, as with a figure */
export function runResult(
  { summary, blewUp, gone, interrupted, engine }: BenchmarkResult,
  folder: string,
  { figures, report }: { figures: string[]; report: string | null },
  failure: unknown,
  code: number,
): RunResult {
  return {
    command: "run",
    version: packageVersion(),
    ...{ folder, files: tablesOf(folder), figures, report, engine, interrupted },
    summary: summary.map(summaryJson),
    ranking: rankingJson(summary, blewUp),
    ...{ blewUp, gone },
    ...outcomeOf(failure, code),
  };
}

/** A reporter that also prints every event. */
export function withRunLines(shown: Reporter, { dataset, loss, activation }: RunConfig): Reporter {
  let run: RunIdentity = { problem: dataset, label: "", variant: "", learningRate: 0, seed: 0 };
  return {
    ...shown,
    start(info) {
      shown.start(info);
      const { folder, engine, optimizers, seeds } = info;
      const problems = [titleOfRun({ loss, activation }, info.dataset.title)];
      const runs = optimizers.length * seeds.length;
      sayStart({ command: "run", folder, engine, problems, runs });
    },
    runStart(entry, steps, seed) {
      shown.runStart(entry, steps, seed);
      const { label, learningRate } = entry;
      run = { problem: dataset, label, variant: "", learningRate, seed };
    },
    resume(step, rows) {
      shown.resume(step, rows);
      for (const row of rows) sayRow({ ...run, role: "final" }, row);
    },
    row(row) {
      shown.row(row);
      sayRow({ ...run, role: "final" }, row);
    },
    runEnd(record, kept, error) {
      shown.runEnd(record, kept, error);
      sayRunEnd(record, kept);
    },
  };
}
