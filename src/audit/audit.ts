// An audit: one training run, with the bound looked at on the way. It changes nothing in the run.

import type { AuditConfig } from "../config/audit-resolve.js";
import { BatchSource } from "../data/batches.js";
import type { Splits } from "../data/splits.js";
import type { Engine, Session } from "../engines/engine.js";
import { messageOf } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import { DivergenceDetector } from "../training/divergence.js";
import { isStopped, type Pause, pauseOf } from "../training/pause.js";
import { startSession } from "../training/run.js";
import { boundAndDiagonal, stableLambda } from "./gauss-newton.js";
import { hessianDiagonal } from "./hessian.js";
import { createModel, type Model, runModel } from "./model.js";
import { judge, type Outlook, type Prediction } from "./prediction.js";
import { type Ratio, ratiosOf } from "./ratios.js";

/** All that decides what an audit finds, but for the data and the engine. */
type Audited = Pick<
  AuditConfig,
  "layerSizes" | "activation" | "batchSize" | "epochs" | "seed" | "optimizers" | "every"
>;

/** What the bound was seen to do at one update. */
export type Judged = Prediction & {
  /** The largest stable λ on the batch's Gauss-Newton model; null between the points, and where g is 0. */
  stableLambda: number | null;
};

export interface Audit {
  status: "running" | "done" | "diverged" | "failed" | "interrupted";
  /** Why it diverged or failed. */
  reason: string | null;
  /** What it failed with. */
  error?: unknown;
  /** Updates made. */
  steps: number;
  ratios: Ratio[];
  predictions: Judged[];
}

export interface AuditContext {
  engine: Engine;
  splits: Splits;
  signal: AbortSignal;
  /** After every update, with the batch loss before it. */
  onStep?(step: number, loss: number): void;
  /** After every point, with all that was found so far. */
  onPoint?(audit: Audit): void;
}

/** The updates before which diagonals are taken: 1, 3, 10, 30, 100, ... and the last. */
export function auditPoints(steps: number): Set<number> {
  const points = new Set<number>();
  for (let power = 1; power <= steps; power *= 10) {
    for (const point of [power, 3 * power]) if (point <= steps) points.add(point);
  }
  return points.add(steps);
}

/** How many updates a configuration makes. */
export function stepsOf({ batchSize, epochs }: Audited, { train }: Splits): number {
  return Math.floor(train.count / batchSize) * epochs;
}

export function emptyAudit(): Audit {
  return { status: "running", reason: null, steps: 0, ratios: [], predictions: [] };
}

/**
 * Trains, and audits on the way. What goes wrong is its status; it then ends early, with what it has.
 *
 * @throws RpBenchError where no session can be made
 */
export async function auditRun(config: Audited, context: AuditContext): Promise<Audit> {
  const { engine, splits, signal, onStep, onPoint } = context;
  const { layerSizes, activation, batchSize, seed } = config;
  const { label: _, ...optimizer } = config.optimizers[0];
  const batches = new BatchSource(splits.train, batchSize, seed);
  const audit = emptyAudit();
  const steps = stepsOf(config, splits);
  const points = auditPoints(steps);
  const detector = new DivergenceDetector();
  const pause = pauseOf(signal);

  const network = { layerSizes, activation, batchSize, seed };
  const session = await startSession(engine, { ...network, optimizer }, { signal });
  // Gives gradient and curvature at the run's parameters, whatever trains; its own optimizer makes no step.
  const observer = await engine.createSession({
    ...{ ...network, parameters: session.parameters(), optimizer: { name: "sgd" as const, learningRate: 1 } },
  });
  const dispose = () => {
    for (const each of [session, observer]) each.dispose(); // a long step stops at its next pause
  };
  signal.addEventListener("abort", dispose);
  try {
    const model = createModel(layerSizes, activation, batchSize);
    for (let step = 1; step <= steps; step++) {
      await pause();
      const batch = batches.at(step - 1);
      const isPoint = points.has(step);
      const outlook =
        isPoint || step % config.every === 0
          ? await lookAhead(step, session.parameters(), observer, batch, model)
          : null;
      const found = outlook && isPoint ? await lookAround(outlook, model, pause) : null;
      const { loss, parametersFinite } = await session.step(batch);
      const reason = detector.observe(loss, parametersFinite);
      if (reason) return { ...audit, status: "diverged", reason };
      audit.steps = step;
      onStep?.(step, loss);
      if (!outlook) continue;
      const prediction = await judge(outlook, model, session.parameters(), pause);
      if (!Number.isFinite(prediction.after)) {
        return { ...audit, status: "diverged", reason: `the batch loss is ${prediction.after}` };
      }
      audit.predictions.push({ ...prediction, stableLambda: found?.stable ?? null });
      if (!found) continue;
      audit.ratios.push(...found.ratios);
      onPoint?.(audit);
    }
    return { ...audit, status: "done" };
  } catch (error) {
    if (isStopped(error, signal)) return { ...audit, status: "interrupted" };
    return { ...audit, status: "failed", reason: messageOf(error), error };
  } finally {
    signal.removeEventListener("abort", dispose);
    dispose();
  }
}

/** What the prediction of the next update needs; leaves the model at its parameters and batch. */
async function lookAhead(
  step: number,
  before: FloatArray,
  observer: Session,
  batch: Float32Array,
  model: Model,
): Promise<Outlook> {
  observer.setParameters(before);
  const g = await observer.gradient(batch);
  const h = await observer.curvature(batch);
  return { step, loss: runModel(model, before, batch), before, g, h };
}

/** The diagonals at a point, all in float64. */
async function lookAround(
  { step, g }: Outlook,
  model: Model,
  pause: Pause,
): Promise<{ ratios: Ratio[]; stable: number | null }> {
  const { h, gaussNewton } = await boundAndDiagonal(model, pause);
  const hessian = await hessianDiagonal(model, pause);
  const ratios = ratiosOf(step, model.layers, h, { gauss_newton: gaussNewton, hessian });
  return { ratios, stable: await stableLambda(model, g, h, pause) };
}
