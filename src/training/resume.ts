// How a run goes on from where another process left it.

import type { TrainingSession } from "../engines/engine.js";
import { messageOf } from "../errors.js";
import { median } from "../statistics.js";
import type { KeptRun } from "./checkpoints.js";
import { isStopped } from "./pause.js";
import type { TrainingResult } from "./train.js";

/** Takes a session to where an earlier one was; in words what kept it from that, or null. */
export async function restore(
  session: TrainingSession,
  kept: KeptRun,
  signal: AbortSignal,
): Promise<string | null> {
  if (!session.restore) return "is of a session that can be restored, and this one cannot";
  try {
    await session.restore(kept.session);
    return null;
  } catch (error) {
    if (isStopped(error, signal)) throw error;
    return `cannot be used (${messageOf(error)})`;
  }
}

/** The steps at which a run went on, this time included. */
export function stepsOf(kept: KeptRun | null): number[] {
  return kept ? [...kept.resumedAt, kept.progress.durations.length] : [];
}

/** A session could not be made, or not be taken to where an earlier one was. */
export function neverStarted(error: unknown, signal: AbortSignal, kept: KeptRun | null): TrainingResult {
  const { durations = [], milliseconds = 0, detector } = kept?.progress ?? {};
  const end = isStopped(error, signal)
    ? ({ status: "interrupted", reason: null } as const)
    : ({ status: "failed", reason: messageOf(error), error } as const);
  return {
    ...end,
    ...{ step: durations.length, lastFiniteLoss: detector?.lastFiniteLoss ?? null },
    ...{ trainingSeconds: milliseconds / 1000, medianStepMilliseconds: median(durations) },
  };
}
