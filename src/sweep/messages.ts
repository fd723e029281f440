// What a study and its worker processes say to each other.

import type { EngineOptions } from "../engines/create-engine.js";
import type { EngineName } from "../engines/engine.js";
import type { ErrorCode } from "../errors.js";
import type { DatasetFacts } from "../results/manifest.js";
import type { LogRow } from "../results/run-log.js";
import type { RunRecord } from "../results/run-record.js";
import type { PlannedRun } from "./plan.js";

/** All that is the same for every run of a study. */
export interface WorkerSetup {
  folder: string;
  dataDir: string | undefined;
  batchSize: number;
  engine: EngineName;
  engineOptions: EngineOptions;
  datasets: DatasetFacts[];
  checkpointEvery: number | null;
  /** To be written into records. */
  machine?: RunRecord["machine"];
}

export interface WorkerTask {
  setup: WorkerSetup;
  run: PlannedRun;
}

export type WorkerReport =
  /** Data and engine are there, the run begins. */
  | { kind: "begin" }
  /** The run goes on after this step, to which another process brought it with these rows. */
  | { kind: "resume"; step: number; rows: readonly LogRow[] }
  | { kind: "warning"; message: string }
  | { kind: "step"; step: number; steps: number; loss: number }
  /** An evaluation. */
  | { kind: "row"; row: LogRow }
  /** Published, or found published by another process. */
  | { kind: "made" }
  /** Another process is making it; its name. */
  | { kind: "held"; by: string }
  /** An error that concerns every run. */
  | { kind: "fatal"; code: ErrorCode; message: string };
