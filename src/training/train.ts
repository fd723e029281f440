import { BatchSource } from "../data/batches.js";
import type { Splits } from "../data/splits.js";
import type { TrainingSession } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import type { LogRow } from "../results/run-log.js";
import { type DetectorState, DivergenceDetector } from "./divergence.js";
import { evaluateImages } from "./evaluate.js";
import { isStopped, pauseOf } from "./pause.js";
import { stepTime } from "./step-time.js";

export interface TrainingOptions {
  session: TrainingSession;
  splits: Splits;
  batchSize: number;
  epochs: number;
  seed: number;
  /** Steps between log rows; null: the end of each epoch. Step 0 and the last step always have one. */
  evalEvery: number | null;
  signal: AbortSignal;
  /** Steps from one that computes curvature to the next, where that is not every step. */
  curvatureInterval?: number;
  /** Milliseconds of the training clock, of which differences count; of the process where absent. */
  clock?: () => number;
  onRow(row: LogRow): void;
  /** After every step, with the batch loss. */
  onStep?(step: number, loss: number): void;
  /** Where an earlier process came to; the session is there. */
  from?: TrainingProgress | undefined;
  /** Where another process may go on after this one. */
  checkpoints?: {
    due(step: number, evaluated: boolean): boolean;
    write(progress: TrainingProgress): Promise<void>;
  };
}

/** Between two steps, all of a run but for its session. */
export interface TrainingProgress {
  /** Of every step, in milliseconds. */
  durations: number[];
  /** The training clock. */
  milliseconds: number;
  detector: DetectorState;
  /** Of the last step, where the rate is "auto". */
  chosen: NonNullable<LogRow["chosen"]> | null;
}

export interface TrainingResult {
  status: "done" | "diverged" | "failed" | "interrupted";
  /** Why it diverged or failed. */
  reason: string | null;
  /** What it failed with. */
  error?: unknown;
  /** Steps made; of a diverged run the step, counted from 1, at which it was found. */
  step: number;
  /** The last batch loss that was finite. */
  lastFiniteLoss: number | null;
  trainingSeconds: number;
  /** null before the first step. */
  medianStepMilliseconds: number | null;
}

/**
 * Trains one run from the session's present parameters. What goes wrong is its status, but a log that cannot be written
 * is thrown. An abort of the signal disposes the session.
 */
export async function train(options: TrainingOptions): Promise<TrainingResult> {
  const { session, splits, signal, from, checkpoints, clock = () => performance.now() } = options;
  const batches = new BatchSource(splits.train, options.batchSize, options.seed);
  const steps = batches.stepsPerEpoch * options.epochs;
  const interval = options.evalEvery ?? batches.stepsPerEpoch;
  const detector = new DivergenceDetector(from?.detector);
  const durations = [...(from?.durations ?? [])];
  let chosen = from?.chosen ?? null;
  let milliseconds = from?.milliseconds ?? 0;
  const pause = pauseOf(signal);
  const finish = (status: TrainingResult["status"], reason: string | null = null): TrainingResult => ({
    status,
    reason,
    step: durations.length,
    lastFiniteLoss: detector.lastFiniteLoss,
    trainingSeconds: milliseconds / 1000,
    medianStepMilliseconds: stepTime(durations, options.curvatureInterval ?? 1),
  });
  /** Writes a row; returns the name of a split whose loss is not finite, and then writes none. */
  const log = async (): Promise<string | null> => {
    const trainLoss = await evaluateImages(session, splits.train, pause);
    const validationLoss = await evaluateImages(session, splits.validation, pause);
    const testLoss = await evaluateImages(session, splits.test, pause);
    for (const [split, loss] of Object.entries({
      train: trainLoss,
      validation: validationLoss,
      test: testLoss,
    })) {
      if (!Number.isFinite(loss)) return split;
    }
    const step = durations.length;
    const epoch = step / batches.stepsPerEpoch;
    options.onRow({
      ...{ epoch, step, trainingSeconds: milliseconds / 1000, trainLoss, validationLoss, testLoss },
      ...(chosen ? { chosen } : {}),
    });
    return null;
  };

  // A long step stops at its next pause.
  const dispose = () => session.dispose();
  signal.addEventListener("abort", dispose);
  try {
    let bad = from ? null : await log();
    while (!bad && durations.length < steps) {
      await pause();
      const start = clock();
      const result = await session.step(batches.at(durations.length));
      const duration = clock() - start;
      durations.push(duration);
      milliseconds += duration;
      const { loss } = result;
      chosen = result.chosen ?? null;
      const reason = detector.observe(loss, result.parametersFinite);
      if (reason) return finish("diverged", reason);
      options.onStep?.(durations.length, loss);
      const evaluated = durations.length % interval === 0 || durations.length === steps;
      if (evaluated) bad = await log();
      if (!bad && durations.length < steps && checkpoints?.due(durations.length, evaluated)) {
        await checkpoints.write({ durations, milliseconds, detector: detector.state, chosen });
      }
    }
    return bad ? finish("diverged", `the ${bad} loss is not finite`) : finish("done");
  } catch (error) {
    if (isStopped(error, signal)) return finish("interrupted");
    if (error instanceof RpBenchError && error.code === "WRITE_FAILED") throw error;
    return { ...finish("failed", messageOf(error)), error };
  } finally {
    signal.removeEventListener("abort", dispose);
  }
}
