// How long an audit will take, measured on a network of the same size with few rows.

import type { AuditConfig } from "../config/audit-resolve.js";
import { BatchSource } from "../data/batches.js";
import type { Splits } from "../data/splits.js";
import type { Engine } from "../engines/engine.js";
import { initialParameters } from "../model/initialization.js";
import type { Pause } from "../training/pause.js";
import { auditPoints, stepsOf } from "./audit.js";
import { boundAndDiagonal, stableLambda } from "./gauss-newton.js";
import { hessianDiagonal } from "./hessian.js";
import { createModel, runModel } from "./model.js";
import { judge } from "./prediction.js";

export interface AuditEstimate {
  seconds: number;
  /** Updates of the run. */
  steps: number;
  /** Updates that are judged, and those of them before which the diagonals are taken. */
  judged: number;
  points: number;
}

/** Rows of the networks that are measured: what is left over at 0 rows is the same for any number. */
const ROWS = [1, 5] as const;
/** Updates that are measured; the first is not counted. */
const STEPS = 4;

type Estimated = Pick<
  AuditConfig,
  "layerSizes" | "activation" | "batchSize" | "epochs" | "seed" | "optimizers" | "every"
>;

/** @throws RpBenchError INTERRUPTED */
export async function estimateAudit(
  config: Estimated,
  { engine, splits, pause }: { engine: Engine; splits: Splits; pause: Pause },
): Promise<AuditEstimate> {
  const steps = stepsOf(config, splits);
  const points = auditPoints(steps);
  const judged = Array.from({ length: steps }, (_, index) => index + 1).filter(
    (step) => points.has(step) || step % config.every === 0,
  ).length;
  const trained = await trainingSeconds(config, engine, splits, pause);
  const [few, more] = ROWS;
  await lookSeconds(config, splits, few, pause); // until the compiler has made it fast
  const one = await lookSeconds(config, splits, few, pause);
  const other = await lookSeconds(config, splits, more, pause);
  /** On a straight line through both. */
  const atBatch = (pick: (seconds: { judging: number; diagonals: number }) => number) => {
    const slope = Math.max(0, (pick(other) - pick(one)) / (more - few));
    return pick(one) + slope * (config.batchSize - few);
  };
  const seconds =
    steps * trained.step +
    judged * (trained.observation + atBatch(({ judging }) => judging)) +
    points.size * atBatch(({ diagonals }) => diagonals);
  return { seconds, steps, judged, points: points.size };
}

/** Of an update, and of the gradient and curvature that are taken beside it. */
async function trainingSeconds(
  { layerSizes, activation, batchSize, seed, optimizers: [entry] }: Estimated,
  engine: Engine,
  splits: Splits,
  pause: Pause,
): Promise<{ step: number; observation: number }> {
  const { label: _, ...optimizer } = entry;
  // A user's own is not called for this: it may count its calls. Its update is taken to cost as much as Adam's.
  const session = await engine.createSession({
    ...{ layerSizes, activation, batchSize, seed, parameters: initialParameters(layerSizes, seed) },
    optimizer: optimizer.name === "module" ? { name: "adam", learningRate: 1e-3 } : optimizer,
  });
  try {
    const batch = new BatchSource(splits.train, batchSize, seed).at(0);
    await session.step(batch);
    const begun = performance.now();
    for (let step = 1; step < STEPS; step++) {
      await session.step(batch);
      await pause();
    }
    const stepped = performance.now();
    await session.gradient(batch);
    await session.curvature(batch);
    return {
      step: (stepped - begun) / 1000 / (STEPS - 1),
      observation: (performance.now() - stepped) / 1000,
    };
  } finally {
    session.dispose();
  }
}

/** Of what is done in float64, on a batch of so few rows. */
async function lookSeconds(
  { layerSizes, activation, seed }: Estimated,
  splits: Splits,
  rows: number,
  pause: Pause,
): Promise<{ judging: number; diagonals: number }> {
  const model = createModel(layerSizes, activation, rows);
  const batch = new BatchSource(splits.train, rows, seed).at(0).slice();
  const before = Float64Array.from(initialParameters(layerSizes, seed));
  const begun = performance.now();
  const loss = runModel(model, before, batch);
  const { h, gaussNewton: g } = await boundAndDiagonal(model, pause);
  await hessianDiagonal(model, pause);
  await stableLambda(model, g, h, pause);
  const looked = performance.now();
  await judge({ step: 1, loss, before, g, h }, model, before, pause);
  return { diagonals: (looked - begun) / 1000, judging: (performance.now() - looked) / 1000 };
}
