// A run's checkpoints: what is in one, when one is written, and whether a run may go on from one that was left.

import { z } from "zod";
import type { Engine, SessionState, TrainingSession } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import { decodeCheckpoint, encodeCheckpoint } from "../results/checkpoint.js";
import type { CheckpointFile } from "../results/checkpoint-file.js";
import { arithmeticOf, differenceOf, flatten, packageVersion, withoutPath } from "../results/manifest.js";
import { parseRunLog } from "../results/run-log.js";
import { runName } from "../results/run-name.js";
import type { RunSpec } from "./run-spec.js";
import type { TrainingProgress } from "./train.js";

export interface CheckpointOptions {
  file: CheckpointFile;
  /** Steps from one to the next; null: at evaluations, where that costs next to nothing. */
  every: number | null;
  /** SHA-256 of each file of the dataset. */
  checksums: Readonly<Record<string, string>>;
  warn(message: string): void;
}

/** What an earlier process left of a run. */
export interface KeptRun {
  session: SessionState;
  progress: TrainingProgress;
  /** The log so far. */
  log: string;
  /** The steps at which it went on before. */
  resumedAt: number[];
}

/** Where nobody says how often: a run that is shorter has little to lose, */
const LEAST_MILLISECONDS = 1000;
/** and writing takes no more than one part in so many of the time. */
const COST_SHARE = 50;

const FORMAT = 1;
const SESSION = "session.";
const nullable = z.number().nullable();
const madeSchema = z.record(z.string(), z.unknown());
const headerSchema = z.union([
  z.strictObject({
    made: madeSchema,
    milliseconds: z.number(),
    detector: z.strictObject({ lastFiniteLoss: nullable, firstLoss: nullable, above: z.number() }),
    chosen: z.strictObject({ learningRate: z.number(), momentum: z.number() }).nullable(),
    log: z.string(),
    resumedAt: z.array(z.number()),
  }),
  /** Of a run whose state cannot be had. */
  z.strictObject({ made: madeSchema, obstacle: z.string() }),
]);

export class RunCheckpoints {
  private readonly name: string;
  private written = performance.now();
  private cost = 0;
  /** Nothing more is to be written. */
  private ended = false;

  constructor(
    private readonly spec: RunSpec,
    private readonly engine: Engine,
    private readonly images: number,
    private readonly options: CheckpointOptions,
  ) {
    const { problem, variant, seed, entry } = spec;
    const { label, learningRate } = entry;
    this.name = runName({ problem, label, variant, learningRate, seed });
  }

  /** What there is to go on from; null, and a line that says why unless nothing was left, where the run begins again. */
  open(): KeptRun | null {
    try {
      const bytes = this.options.file.read();
      return bytes && this.understood(bytes);
    } catch (error) {
      this.refuse(error instanceof RpBenchError ? error.message : `cannot be read (${messageOf(error)})`);
      return null;
    }
  }

  /** Takes away a checkpoint that is of no use. */
  refuse(why: string): void {
    this.options.warn(`${this.name}: its checkpoint ${why}; the run begins again`);
    this.options.file.remove();
  }

  /** Whether one is to be written after this step. */
  due(step: number, evaluated: boolean): boolean {
    if (this.ended) return false;
    if (this.options.every !== null) return step % this.options.every === 0;
    return (
      evaluated && performance.now() - this.written >= Math.max(LEAST_MILLISECONDS, COST_SHARE * this.cost)
    );
  }

  /** Writes one. A disk that has no room for it does not end the run. */
  async write(
    session: TrainingSession,
    progress: TrainingProgress,
    log: string,
    resumedAt: readonly number[],
  ): Promise<void> {
    const begun = performance.now();
    const content = session.save
      ? this.contentOf(await session.save(), progress, log, resumedAt)
      : { header: { made: this.made, obstacle: this.obstacle }, arrays: {} };
    this.ended = !session.save;
    try {
      this.options.file.write(encodeCheckpoint(content));
    } catch (error) {
      this.ended = true;
      this.options.warn(`${this.name}: ${messageOf(error)}; the run goes on without further checkpoints`);
    }
    this.written = performance.now();
    this.cost = this.written - begun;
  }

  private contentOf(
    session: SessionState,
    { durations, ...progress }: TrainingProgress,
    log: string,
    resumedAt: readonly number[],
  ) {
    const states = Object.entries(session).map(([name, array]) => [SESSION + name, array]);
    return {
      header: { made: this.made, ...progress, log, resumedAt },
      arrays: { durations: Float32Array.from(durations), ...Object.fromEntries(states) },
    };
  }

  /** @throws RpBenchError DATA_CORRUPT saying what is wrong with it, after "its checkpoint" */
  private understood(bytes: Buffer): KeptRun {
    const { header, arrays } = decodeCheckpoint(bytes);
    const parsed = headerSchema.safeParse(header);
    if (!parsed.success) throw new RpBenchError("DATA_CORRUPT", "is of another version of rp-bench");
    const difference = differenceOf(flatten(parsed.data.made), flatten(this.made));
    if (difference) throw new RpBenchError("DATA_CORRUPT", `is of another run (${difference})`);
    if ("obstacle" in parsed.data) {
      throw new RpBenchError("DATA_CORRUPT", `holds no state (${parsed.data.obstacle})`);
    }
    const { milliseconds, detector, chosen, log, resumedAt } = parsed.data;
    const { durations, ...states } = arrays;
    const rows = parseRunLog(log, "is damaged, its log");
    const last = rows.at(-1)?.step;
    if (!durations || last === undefined || last > durations.length) {
      throw new RpBenchError("DATA_CORRUPT", "is damaged (its log is not that of its steps)");
    }
    const session = Object.entries(states).map(([name, array]) => [name.slice(SESSION.length), array]);
    return {
      session: Object.fromEntries(session),
      progress: { durations: Array.from(durations), milliseconds, detector, chosen },
      ...{ log, resumedAt },
    };
  }

  /** All that decides the run's numbers. */
  private get made(): Record<string, unknown> {
    const { dataset, layerSizes, activation, loss, curvatureBound = null, seed } = this.spec;
    const { entry, batchSize, epochs, evalEvery } = this.spec;
    const { name, instructionSet } = this.engine.description;
    return {
      checkpointFormat: FORMAT,
      ...{ "rp-bench": packageVersion(), v8: process.versions.v8, engine: name },
      ...{ "instruction set": arithmeticOf({ instructionSet }), versions: this.engine.versions ?? {} },
      ...{ dataset, checksums: this.options.checksums, images: this.images },
      ...{ layerSizes, activation, loss, curvatureBound, seed, batchSize, epochs, evalEvery },
      optimizer: withoutPath(entry),
    };
  }

  private get obstacle(): string {
    const { entry } = this.spec;
    return entry.name === "module"
      ? `${entry.file} has no save and restore, which docs/extend.md describes`
      : `the engine ${this.engine.description.name} cannot save it`;
  }
}
