// What `sweep` prints for programs.

import { packageVersion } from "../results/manifest.js";
import type { SweepPlan, SweepResult } from "../results/output-schemas.js";
import type { StudyPreview } from "../sweep/preview.js";
import type { StudyReporter, StudyResult } from "../sweep/study.js";
import type { Survey } from "../sweep/survey.js";
import { selectionRows, summaryRows } from "../sweep/tables.js";
import { outcomeOf, sayRow, sayRunEnd, sayStart, selectionJson, summaryJson } from "./json-output.js";

/** @param failure what went wrong after the runs */
export function sweepResult(
  { branches, resultOf, gone, interrupted }: StudyResult,
  engine: Survey["engine"],
  folder: string,
  files: string[],
  code: number,
  failure: unknown,
): SweepResult {
  const rows = summaryRows(branches, resultOf);
  const ofRole = (role: string) => rows.filter((row) => row.role === role).map(summaryJson);
  return {
    command: "sweep",
    version: packageVersion(),
    ...{ folder, files, engine, interrupted },
    summary: ofRole("final"),
    tuning: ofRole("tuning"),
    selection: branches.flatMap(selectionRows).map(selectionJson),
    gone,
    ...outcomeOf(failure, code),
  };
}

export function planJson({ folder, jobs, rows, left }: StudyPreview): SweepPlan {
  return {
    ...{ command: "sweep", version: packageVersion(), dryRun: true, folder, jobs },
    rows: rows.map(({ rates, ...row }) => ({ ...row, rates: [...rates] })),
    ...{ left, exitCode: 0 },
  };
}

/** A reporter that also prints every event of the runs that this command makes. */
export function withStudyLines(shown: StudyReporter): StudyReporter {
  return {
    ...shown,
    start(info) {
      shown.start(info);
      const { titles: problems, engine, folder } = info;
      sayStart({ command: "sweep", folder, engine, problems, runs: null });
    },
    resume(job, run, step, rows) {
      shown.resume(job, run, step, rows);
      for (const row of rows) sayRow(run, row);
    },
    row(run, row) {
      shown.row(run, row);
      sayRow(run, row);
    },
    runEnd(job, run, record) {
      shown.runEnd(job, run, record);
      if (record) sayRunEnd(record, false);
    },
  };
}
