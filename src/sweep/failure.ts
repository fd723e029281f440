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
  { engine }: Pick<Survey, "engine">,
  status: "failed" | "timed_out",
  reason: string,
  step: number,
): void {
  if (folder.claim(run) !== null) return; // another command is making it
  try {
    if (folder.finished(run)) return;
    const left = folder.draftLeft(run);
    const rows = left === undefined ? [] : readRunLog(left);
    folder.clear(run);
    const draft = folder.newDraft(run);
    const log = new RunLog(draft, run.learningRate === "auto");
    for (const row of rows) log.write(row);
    log.close();
    const record: RunRecord = {
      ...factsOfRun(run),
      ...{ status, reason, step },
      ...{ lastFiniteLoss: null, trainingSeconds: 0, medianStepMilliseconds: null },
      engine,
      logSha256: log.sha256,
      parametersSha256: null,
    };
    // A run whose process died goes on from its checkpoint when it is tried again; one whose time was up begins again.
    if (folder.publish(run, record, draft) && status === "timed_out") folder.checkpoint(run).remove();
  } finally {
    folder.release(run);
  }
}
