// What a check looks at: losses of short runs, last losses of longer ones, times of steps.

import type { CheckConfig, CheckNetwork } from "../config/check-schema.js";
import { nameOfEntry } from "../config/entry-names.js";
import type { OptimizerEntry } from "../config/schema.js";
import { BatchSource } from "../data/batches.js";
import type { Images } from "../data/load.js";
import { type Splits, slice } from "../data/splits.js";
import type { Engine, TrainingSession } from "../engines/engine.js";
import { median } from "../statistics.js";
import { evaluateImages } from "../training/evaluate.js";
import { pauseOf } from "../training/pause.js";
import { startSession } from "../training/run.js";
import type { Periods } from "./throttling.js";

/** A mean loss on validation images; null where it, or a parameter, is not finite. */
export interface LossAt {
  /** Of another network than the configuration's own, after its name: relu/adam. */
  label: string;
  seed: number;
  /** Updates made. */
  step: number;
  loss: number | null;
}

/** A step's time over other times of the same moment. */
export interface TimeOf {
  label: string;
  /** "multiply-add loop", or the label of plain SGD. */
  over: string;
  ratio: number;
}

export interface Observations {
  losses: LossAt[];
  ends: LossAt[];
  times: TimeOf[];
}

/** What a check runs on, which tests replace. */
export interface Apparatus {
  splits: Splits;
  /** The engine, with so many threads; by default every usable core. */
  engine(threads?: number): Promise<Engine>;
  /** A fixed piece of arithmetic on one thread. */
  multiplyAdd(rounds: number): void;
  /** How often the share of the processor that this container has was used up so far. */
  throttled(): Periods;
  signal: AbortSignal;
  /** Told before each piece of work. */
  note(text: string): void;
}

/** What a session is made of, beside its optimizer and its seed. */
type Network = Pick<CheckConfig, "layerSizes" | "activation" | "batchSize"> &
  Partial<Pick<CheckNetwork, "loss" | "curvatureBound">>;

/** Validation images that losses are looked at on: enough for six digits, and quick. */
const EVALUATED = 1000;

export async function observeLosses(config: CheckConfig, apparatus: Apparatus): Promise<LossAt[]> {
  const { seeds, steps, optimizers } = config.losses;
  const { validation } = apparatus.splits;
  const images = slice(validation, 0, Math.min(validation.count, EVALUATED));
  const all: LossAt[] = [];
  for (const entry of optimizers) {
    apparatus.note(`losses of ${nameOfEntry(entry)}`);
    for (const seed of seeds) all.push(...(await follow(config, apparatus, entry, seed, steps, images)));
  }
  for (const network of config.networks) {
    apparatus.note(`losses of the network ${network.name}`);
    for (const entry of network.optimizers) {
      const named = { ...entry, label: `${network.name}/${entry.label}` };
      all.push(...(await follow(network, apparatus, named, seeds[0], steps, images)));
    }
  }
  return all;
}

/** @param count how many of the seeds: all for a baseline, one for a check */
export async function observeEnds(
  config: CheckConfig,
  apparatus: Apparatus,
  count: number,
): Promise<LossAt[]> {
  if (!config.ends) return [];
  const { seeds, epochs, optimizers } = config.ends;
  const { train, validation } = apparatus.splits;
  const steps = [Math.floor(train.count / config.batchSize) * epochs];
  const all: LossAt[] = [];
  for (const entry of optimizers) {
    apparatus.note(`last loss of ${nameOfEntry(entry)} at rate ${entry.learningRate}`);
    for (const seed of seeds.slice(0, count))
      all.push(...(await follow(config, apparatus, entry, seed, steps, validation)));
  }
  return all;
}

/** Trains from a seed's start, and evaluates after each of `steps`. */
async function follow(
  network: Network,
  { splits, engine, signal }: Apparatus,
  entry: OptimizerEntry,
  seed: number,
  steps: readonly number[],
  images: Images,
): Promise<LossAt[]> {
  const session = await sessionOf(network, await engine(), entry, seed, signal);
  const batches = new BatchSource(splits.train, network.batchSize, seed);
  const last = Math.max(...steps);
  const losses: LossAt[] = [];
  const pause = pauseOf(signal);
  try {
    let finite = true;
    for (let step = 0; step <= last; step++) {
      if (steps.includes(step)) {
        const loss = finite ? await evaluateImages(session, images, pause) : Number.NaN;
        losses.push({ label: entry.label, seed, step, loss: Number.isFinite(loss) ? loss : null });
      }
      await pause();
      if (!finite || step === last) continue;
      const { loss, parametersFinite } = await session.step(batches.at(step));
      finite = parametersFinite && Number.isFinite(loss);
    }
    return losses;
  } finally {
    session.dispose();
  }
}

/** What is measured in turns should take about so long each, the time of a few turns of other processes. */
const BLOCK_MILLISECONDS = 40;
const LOOP = "multiply-add loop";

/**
 * Times of a step on one thread, each over that of the multiply-add loop and of plain SGD in the same round; medians
 * over rounds. With one thread, ratios hold beside a busy process, which with all threads they do not.
 */
export async function observeTimes(config: CheckConfig, apparatus: Apparatus): Promise<TimeOf[]> {
  if (!config.times) return [];
  apparatus.note("times of a step");
  const { optimizers, seeds } = config.losses;
  const engine = await apparatus.engine(1);
  const batches = new BatchSource(apparatus.splits.train, config.batchSize, seeds[0]);
  const pause = pauseOf(apparatus.signal);
  const sessions: TrainingSession[] = [];
  const works: { label: string; run(count: number): Promise<void>; count: number; times: number[] }[] = [
    { label: LOOP, run: async (count) => apparatus.multiplyAdd(count), count: 1, times: [] },
  ];
  try {
    for (const entry of optimizers) {
      const session = await sessionOf(config, engine, entry, seeds[0], apparatus.signal);
      sessions.push(session);
      let step = 0;
      const run = async (count: number) => {
        for (let i = 0; i < count; i++) await session.step(batches.at(step++));
      };
      works.push({ label: entry.label, run, count: 1, times: [] });
    }
    for (const work of works) {
      await work.run(2); // warms up
      const each = (await milliseconds(() => work.run(8))) / 8;
      work.count = Math.max(1, Math.round(BLOCK_MILLISECONDS / each));
    }
    for (let round = 0; round < config.times.rounds; round++) {
      await pause();
      for (const { run, count, times } of works) times.push((await milliseconds(() => run(count))) / count);
    }
  } finally {
    for (const session of sessions) session.dispose();
  }
  const plainSgd = optimizers.find((entry) => entry.name === "sgd" && entry.momentum === 0)?.label;
  const [loop, ...steps] = works;
  const sgd = steps.find(({ label }) => label === plainSgd);
  return steps.flatMap((one) =>
    [loop, ...(sgd && sgd !== one ? [sgd] : [])].map((base) => ({
      ...{ label: one.label, over: base.label },
      ratio: median(one.times.map((time, round) => time / base.times[round])) ?? 0,
    })),
  );
}

function sessionOf(
  { layerSizes, activation, loss, curvatureBound, batchSize }: Network,
  engine: Engine,
  { label: _, ...optimizer }: OptimizerEntry,
  seed: number,
  signal: AbortSignal,
): Promise<TrainingSession> {
  const network = { layerSizes, activation, loss, curvatureBound, batchSize };
  return startSession(engine, { ...network, optimizer, seed }, { signal });
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
