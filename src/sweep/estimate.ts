// How long a study will take, from step times measured on this machine before it begins.

import { finalSeedsOf, optimizerAt } from "../config/study-resolve.js";
import type { StudyConfig, StudyProblem } from "../config/study-schema.js";
import { variantsOf } from "../config/study-search.js";
import { BatchSource, scaleImages } from "../data/batches.js";
import type { Splits } from "../data/splits.js";
import type { Engine, TrainingSession } from "../engines/engine.js";
import { isFailedUpdate } from "../errors.js";
import { median } from "../statistics.js";
import { type Pause, pauseOf } from "../training/pause.js";
import { type SignalledGuard, startSession } from "../training/run.js";
import { curvatureIntervalOf, stepTime } from "../training/step-time.js";
import type { Branch, PlannedRun } from "./plan.js";

/** Seconds, with the threads that one job has. */
export interface Cost {
  step: number;
  /** Of all three splits. */
  evaluation: number;
  stepsPerEpoch: number;
}

const STEPS = 5;
/** Rows of one evaluation call; some calls are timed and the rest is proportion. */
const CHUNK = 100;
/** A search is expected to try its grid and, refining, two rates more. */
const REFINEMENTS = 2;

/** Costs of each optimizer of a study on one problem, by label; of one whose update fails there is none. */
export async function measureCosts(
  engine: Engine,
  config: StudyConfig,
  { layerSizes, activation, loss, curvatureBound }: StudyProblem,
  splits: Splits,
  guard: SignalledGuard,
): Promise<Map<string, Cost>> {
  const { batchSize, seed } = config;
  const batches = new BatchSource(splits.train, batchSize, seed);
  const images = splits.train.count + splits.validation.count + splits.test.count;
  const costs = new Map<string, Cost>();
  const pause = pauseOf(guard.signal);
  for (const entry of config.optimizers) {
    await pause();
    const optimizer = optimizerAt(entry, Math.min(...entry.learningRates), variantsOf(entry)[0]);
    const network = { layerSizes, activation, loss, curvatureBound };
    const session = await startSession(engine, { ...network, optimizer, batchSize, seed }, guard);
    try {
      const steps = await timed(1 + STEPS, pause, (index) => session.step(batches.at(index)));
      const step = stepTime(steps, curvatureIntervalOf(optimizer), 1) ?? 0;
      const evaluation = (await evaluationSeconds(session, splits, pause)) * (images / CHUNK);
      costs.set(entry.label, { step, evaluation, stepsPerEpoch: batches.stepsPerEpoch });
    } catch (error) {
      if (!isFailedUpdate(error)) throw error; // its runs will say so
    } finally {
      session.dispose();
    }
  }
  return costs;
}

async function evaluationSeconds(session: TrainingSession, { test }: Splits, pause: Pause): Promise<number> {
  const rows = Math.min(CHUNK, test.count);
  const chunk = new Float32Array(rows * test.size);
  const indices = Array.from({ length: rows }, (_, row) => row);
  const seconds = await timed(STEPS, pause, () => {
    scaleImages(test, indices, chunk);
    return session.evaluate(chunk);
  });
  return median(seconds) ?? 0;
}

/** Seconds of each of `count` calls. */
async function timed(
  count: number,
  pause: Pause,
  call: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const seconds: number[] = [];
  for (let index = 0; index < count; index++) {
    await pause();
    const start = performance.now();
    await call(index);
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

export function runSeconds({ epochs, evalEvery }: PlannedRun, cost: Cost): number {
  const steps = epochs * cost.stepsPerEpoch;
  const evaluations = 1 + Math.ceil(steps / (evalEvery ?? cost.stepsPerEpoch));
  return steps * cost.step + evaluations * cost.evaluation;
}

/** What is left of a study if every run is trained to its end, one after the other; of each run a share may be made. */
export function remaining(
  config: StudyConfig,
  branches: readonly Branch[],
  shareLeft: (run: PlannedRun) => number,
  costOf: (problem: string, label: string) => Cost | undefined,
): { runs: number; seconds: number } {
  let runs = 0;
  let seconds = 0;
  const add = (count: number, each: number) => {
    runs += count;
    seconds += count * each;
  };
  for (const { problem, entry, search, runs: known } of branches) {
    const cost = costOf(problem.problem, entry.label);
    const secondsOf = (run: PlannedRun) => (cost ? runSeconds(run, cost) : 0);
    for (const run of known) if (shareLeft(run) > 0) add(1, shareLeft(run) * secondsOf(run));
    if (search.over) continue;
    const [example] = known;
    const variants = variantsOf(entry).length;
    const first = entry.learningRates.length;
    const share = Math.floor(config.mostTrials / config.tuningSeeds / variants);
    const rates = Math.max(first, Math.min(first + REFINEMENTS, config.mostRates, share));
    // Of each variant: of those whose search is over nothing more, of the present one what it has not asked for.
    const begun = search.searches.at(-1)?.tried.length ?? 0;
    const more = Math.max(0, rates - begun) + rates * (variants - search.searches.length);
    add(more * config.tuningSeeds, secondsOf(example));
    const { epochs, evalEvery } = problem;
    const final: PlannedRun = { ...example, role: "final", epochs, evalEvery };
    add(finalSeedsOf(config, problem).length, secondsOf(final));
  }
  return { runs, seconds };
}
