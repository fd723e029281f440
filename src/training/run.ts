import type { OptimizerEntry } from "../config/schema.js";
import type { DatasetName } from "../data/catalogue.js";
import type { Splits } from "../data/splits.js";
import type { Engine, Session, SessionOptions } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import type { Activation } from "../model/architecture.js";
import { initialParameters } from "../model/initialization.js";
import { RunLog } from "../output/run-log.js";
import { factsOfRun, type RunRecord } from "../output/run-record.js";
import { safetensors } from "../output/safetensors.js";
import { type LogRow, type TrainingResult, train } from "./train.js";

/** All that decides a run's numbers, but for the data and the engine. */
export interface RunSpec {
  dataset: DatasetName;
  datasetTitle: string;
  entry: OptimizerEntry;
  role: RunRecord["role"];
  layerSizes: readonly number[];
  activation: Activation;
  batchSize: number;
  epochs: number;
  evalEvery: number | null;
  seed: number;
  saveParameters: boolean;
  /** Where its log is written, row by row. */
  logPath: string;
}

export interface RunContext {
  engine: Engine;
  splits: Splits;
  signal: AbortSignal;
  onRow?(row: LogRow): void;
  onStep?(step: number, loss: number): void;
}

export interface FinishedRun {
  record: RunRecord;
  /** What a failed run failed with. */
  error?: unknown;
  /** The safetensors file's content, where it is wanted and the run is done. */
  parameters?: Uint8Array | undefined;
}

/**
 * Trains one run and writes its log. What goes wrong is its status.
 *
 * @throws RpBenchError WRITE_FAILED
 */
export async function trainRun(spec: RunSpec, context: RunContext): Promise<FinishedRun> {
  const { engine, splits, signal, onRow, onStep } = context;
  const { label: _, ...optimizer } = spec.entry;
  const { layerSizes, activation, batchSize, epochs, evalEvery, seed } = spec;
  const log = new RunLog(spec.logPath);
  let outcome: TrainingResult;
  let parameters: Uint8Array | undefined;
  try {
    const session = await startSession(engine, { layerSizes, activation, optimizer, batchSize, seed });
    try {
      outcome = await train({
        ...{ session, splits, batchSize, seed, signal, epochs, evalEvery },
        onRow: (row) => {
          log.write(row);
          onRow?.(row);
        },
        onStep: (step, loss) => onStep?.(step, loss),
      });
      if (spec.saveParameters && outcome.status === "done") {
        const metadata = {
          layer_sizes: layerSizes.join(","),
          activation,
          optimizer: JSON.stringify(spec.entry),
        };
        parameters = safetensors(Float32Array.from(session.parameters()), layerSizes, metadata);
      }
    } finally {
      session.dispose();
    }
  } catch (error) {
    if (error instanceof RpBenchError && error.code === "WRITE_FAILED") throw error;
    outcome = neverStarted(error);
  } finally {
    log.close();
  }
  const { error, ...recorded } = outcome;
  const record: RunRecord = {
    ...factsOfRun(spec),
    ...recorded,
    engine: engine.description,
    logSha256: log.sha256,
  };
  return { record, error, parameters };
}

/** A session at the initial parameters of its seed. */
export function startSession(
  engine: Engine,
  options: Omit<SessionOptions, "parameters"> & { seed: number },
): Promise<Session> {
  return engine.createSession({
    ...options,
    parameters: initialParameters(options.layerSizes, options.seed),
  });
}

/** A session could not be made. */
function neverStarted(error: unknown): TrainingResult {
  return {
    ...{ status: "failed", reason: messageOf(error), error },
    ...{ step: 0, lastFiniteLoss: null, trainingSeconds: 0, medianStepMilliseconds: null },
  };
}
