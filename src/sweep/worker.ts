// A worker process: makes one run after the other, as the process that started it tells it over their channel. A run is
// claimed, trained under a draft's name, and published; whatever ends this process leaves no more than a draft.

import { loadDataset } from "../data/load.js";
import { type Splits, splitDataset } from "../data/splits.js";
import { createEngine } from "../engines/create-engine.js";
import type { Engine } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import { factsOf } from "../results/manifest.js";
import { ResultFolder } from "../results/result-folder.js";
import { trainRun } from "../training/run.js";
import type { WorkerReport, WorkerSetup, WorkerTask } from "./messages.js";
import type { PlannedRun } from "./plan.js";

/** Progress is told no more often. */
const REPORT_MILLISECONDS = 200;

let engine: Engine | null = null;
/** Of the data of the last run; the next is likely to need the same. */
let loaded: { name: string; trainLimit: number | null; splits: Splits } | null = null;

// Ctrl-C goes to the whole group; the parent decides, and its going away ends this process.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.kill(process.pid, "SIGKILL")); // whatever a user's optimizer is at
process.on("message", (task: WorkerTask) => {
  makeRun(task).then(report, (error: unknown) => {
    const code = error instanceof RpBenchError ? error.code : "WORKER_FAILED";
    report({ kind: "fatal", code, message: messageOf(error) });
  });
});

function report(message: WorkerReport): void {
  process.send?.(message, () => {}); // without a parent there is nobody to tell
}

async function makeRun({ setup, run }: WorkerTask): Promise<WorkerReport> {
  const folder = ResultFolder.of(setup.folder);
  const holder = folder.claim(run);
  if (holder !== null) return { kind: "held", by: holder.name };
  try {
    if (folder.finished(run)) return { kind: "made" };
    const splits = await splitsOf(setup, run);
    // The study has warned already.
    engine ??= await createEngine(setup.engine, { ...setup.engineOptions, warn() {} });
    folder.clear(run);
    const draft = folder.newDraft(run);
    report({ kind: "begin" });
    const { batchSize, checkpointEvery: every } = setup;
    const file = folder.checkpoint(run);
    const { checksums } = factsOf(setup.datasets, run.dataset);
    const steps = Math.floor(splits.train.count / batchSize) * run.epochs;
    let told = 0;
    const { record } = await trainRun(
      {
        ...run,
        ...{ batchSize, saveParameters: false },
        logPath: draft,
      },
      {
        ...{ engine, splits, signal: new AbortController().signal },
        checkpoints: { file, every, checksums, warn: (message) => report({ kind: "warning", message }) },
        onResume: (step, rows) => report({ kind: "resume", step, rows }),
        onRow: (row) => report({ kind: "row", row }),
        onStep: (step, loss) => {
          if (performance.now() - told < REPORT_MILLISECONDS) return;
          told = performance.now();
          report({ kind: "step", step, steps, loss });
        },
      },
    );
    const { machine } = setup;
    const published = folder.publish(run, machine ? { ...record, machine } : record, draft);
    if (published) file.remove();
    return published ? { kind: "made" } : { kind: "held", by: "another process" };
  } finally {
    folder.release(run);
  }
}

async function splitsOf(setup: WorkerSetup, { dataset: name, trainLimit }: PlannedRun): Promise<Splits> {
  if (loaded?.name === name && loaded.trainLimit === trainLimit) return loaded.splits;
  loaded = null; // before the next is there: two would double the memory
  const dataset = await loadDataset(name, { dataDir: setup.dataDir });
  const known = factsOf(setup.datasets, name).checksums;
  const changed = Object.keys(dataset.checksums).find((file) => dataset.checksums[file] !== known[file]);
  if (changed) {
    const path = `${dataset.location.folder}: ${changed}`;
    throw new RpBenchError("DATA_CORRUPT", `${path} changed since the study began; put the old file back`);
  }
  loaded = { name, trainLimit, splits: splitDataset(dataset, trainLimit) };
  return loaded.splits;
}
