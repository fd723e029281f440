// Step times for the axis of training seconds: measured when every run is made, alone, with all threads, the optimizers
// in turn, so that a busy moment of the machine meets them all.

import { optimizerAt } from "../config/study-resolve.js";
import type { StudyConfig } from "../config/study-schema.js";
import { BatchSource } from "../data/batches.js";
import type { Splits } from "../data/splits.js";
import type { Engine, TrainingSession } from "../engines/engine.js";
import { isFailedUpdate } from "../errors.js";
import { awakeMilliseconds } from "../pulse.js";
import type { StepTimeRow } from "../results/step-times.js";
import { pauseOf } from "../training/pause.js";
import { type SignalledGuard, startSession } from "../training/run.js";
import { curvatureIntervalOf, stepTime } from "../training/step-time.js";
import type { Branch } from "./plan.js";

const ROUNDS = 5;
const STEPS_A_ROUND = 10;

/** Of one problem's branches that have a rate, at that rate, from the initial parameters. */
export async function measureStepTimes(
  engine: Engine,
  { batchSize, seed }: StudyConfig,
  branches: readonly Branch[],
  splits: Splits,
  guard: SignalledGuard,
): Promise<StepTimeRow[]> {
  const batches = new BatchSource(splits.train, batchSize, seed);
  const timed: {
    branch: Branch;
    rate: number;
    session: TrainingSession;
    milliseconds: number[];
    interval: number;
  }[] = [];
  try {
    for (const branch of branches) {
      const { chosen } = branch.search;
      if (!chosen) continue;
      const { rate } = chosen;
      const { layerSizes, activation, loss, curvatureBound } = branch.problem;
      const optimizer = optimizerAt(branch.entry, rate, chosen.variant);
      const network = { layerSizes, activation, loss, curvatureBound };
      const session = await startSession(engine, { ...network, optimizer, batchSize, seed }, guard);
      timed.push({ branch, rate, session, milliseconds: [], interval: curvatureIntervalOf(optimizer) });
    }
    const pause = pauseOf(guard.signal);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const one of [...timed]) {
        await pause();
        try {
          for (let step = 0; step < STEPS_A_ROUND; step++) {
            const start = awakeMilliseconds();
            await one.session.step(batches.at(round * STEPS_A_ROUND + step));
            one.milliseconds.push(awakeMilliseconds() - start);
          }
        } catch (error) {
          if (!isFailedUpdate(error)) throw error;
          timed.splice(timed.indexOf(one), 1); // without a time: its seconds are not drawn
          one.session.dispose();
        }
      }
    }
  } finally {
    for (const { session } of timed) session.dispose();
  }
  const { instructionSet, threads } = engine.description;
  const warmup = STEPS_A_ROUND; // the first round
  return timed.map(({ branch, rate, milliseconds, interval }) => ({
    ...{ problem: branch.problem.problem, label: branch.entry.label, learning_rate: rate },
    ...{ instruction_set: instructionSet, threads, steps: milliseconds.length - warmup },
    median_step_milliseconds: Number((stepTime(milliseconds, interval, warmup) ?? 0).toFixed(4)),
  }));
}
