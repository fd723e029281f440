// What the bound foretells of one update, beside what comes of it. Along a change Δw of the parameters
//   bound   L + g·Δw + ½ Σ h_i Δw_i²          Gauss-Newton model   L + g·Δw + ½ Δwᵀ G Δw
// The bound is never below the model; the true loss may exceed either, by terms of third order and by ∂²y/∂w².
// Along d = −g / h the bound is least at λ = 1, the model at λ* = Σ h_i d_i² / dᵀ G d ≥ 1, and back at L at 2 λ*.

import { dot } from "../linear-algebra.js";
import type { FloatArray } from "../model/architecture.js";
import type { Pause } from "../training/pause.js";
import { curvatureAlong, rpDirection, weighted } from "./gauss-newton.js";
import { type Model, runModel } from "./model.js";

/** One update, and the step of eq. (6) at λ = 1 from the same point. Losses are mean squared errors of its batch. */
export interface Prediction {
  /** The update, counted from 1. */
  step: number;
  loss: number;
  /** The bound's, the Gauss-Newton model's and the true loss after the update. */
  bound: number;
  model: number;
  after: number;
  /** Σ h_i Δw_i² over Δwᵀ G Δw, at least 1; null where the update leaves the outputs as they are. */
  looseness: number | null;
  /** The bound's and the true loss after −g / h. */
  unitBound: number;
  unitAfter: number;
  /** λ*, the best λ along −g / h in the Gauss-Newton model; null where that leaves the outputs as they are. */
  bestLambda: number | null;
}

/** Before an update, with `model` run at its parameters and batch. */
export interface Outlook {
  step: number;
  loss: number;
  before: FloatArray;
  g: FloatArray;
  h: FloatArray;
}

/** After the update; `model` is left at other parameters. */
export async function judge(
  { step, loss, before, g, h }: Outlook,
  model: Model,
  after: FloatArray,
  pause: Pause,
): Promise<Prediction> {
  const change = Float64Array.from(after, (w, i) => w - before[i]);
  const direction = rpDirection(g, h);
  const bound = weighted(change, h);
  const quadratic = curvatureAlong(model, change);
  await pause();
  const unitBound = weighted(direction, h);
  const unitQuadratic = curvatureAlong(model, direction);
  await pause();
  const batch = model.inputs.slice();
  const lossAfter = runModel(model, after, batch);
  await pause();
  const unitStep = direction.map((d, i) => before[i] + d);
  return {
    ...{ step, loss },
    bound: loss + dot(g, change) + bound / 2,
    model: loss + dot(g, change) + quadratic / 2,
    after: lossAfter,
    looseness: quadratic === 0 ? null : bound / quadratic,
    unitBound: loss - unitBound / 2, // g·d = −Σ h d²
    unitAfter: runModel(model, unitStep, batch),
    bestLambda: unitQuadratic === 0 ? null : unitBound / unitQuadratic,
  };
}
