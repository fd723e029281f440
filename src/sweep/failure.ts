import { existsSync } from "node:fs";
import { factsOf } from "../results/manifest.js";
import type { ResultFolder } from "../results/result-folder.js";
import { RunLog, readRunLog } from "../results/run-log.js";
import type { RunRecord } from "../results/run-record.js";
import { factsOfRun } from "../training/run-facts.js";
import type { PlannedRun } from "./plan.js";
import type { Survey } from "./survey.js";

/** Publishes how a run ended whose worker could not say so itself, with the rows it had written. */
export function recordFailure(
  folder: ResultFolder,
  run: PlannedRun,
  { datasets, engine }: Survey,
  status: "failed" | "timed_out",
  reason: string,
  step: number,
): void {
  if (folder.claim(run) !== null) return; // another command is making it
  try {
    if (folder.finished(run)) return;
    const draft = folder.draftPath(run);
    const rows = existsSync(draft) ? readRunLog(draft) : [];
    folder.clear(run);
    const log = new RunLog(draft, run.learningRate === "auto");
    for (const row of rows) log.write(row);
    log.close();
    const record: RunRecord = {
      ...factsOfRun({ ...run, datasetTitle: factsOf(datasets, run.dataset).title }),
      ...{ status, reason, step },
      ...{ lastFiniteLoss: null, trainingSeconds: 0, medianStepMilliseconds: null },
      engine,
      logSha256: log.sha256,
      parametersSha256: null,
    };
    folder.publish(run, record);
  } finally {
    folder.release(run);
  }
}
