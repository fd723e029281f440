import { sha256Of } from "../checksum.js";
import { HostedSession } from "../custom/hosted-session.js";
import type { ModuleOptions } from "../custom/options.js";
import { type ThreadOptions, UpdateThread } from "../custom/update-thread.js";
import type { Splits } from "../data/splits.js";
import type { Engine, SessionOptions, TrainingSession } from "../engines/engine.js";
import { RpBenchError } from "../errors.js";
import { parameterCount } from "../model/architecture.js";
import { initialParameters } from "../model/initialization.js";
import { AUTO } from "../optimizers/options.js";
import { awakeMilliseconds } from "../pulse.js";
import { withoutPath } from "../results/manifest.js";
import { type LogRow, parseRunLog, RunLog } from "../results/run-log.js";
import type { RunRecord } from "../results/run-record.js";
import { safetensors } from "../results/safetensors.js";
import { type CheckpointOptions, RunCheckpoints } from "./checkpoints.js";
import { neverStarted, restore, stepsOf } from "./resume.js";
import { factsOfRun } from "./run-facts.js";
import type { RunSpec } from "./run-spec.js";
import { curvatureIntervalOf } from "./step-time.js";
import { type TrainingResult, train } from "./train.js";

export interface RunContext {
  engine: Engine;
  splits: Splits;
  signal: AbortSignal;
  onRow?(row: LogRow): void;
  onStep?(step: number, loss: number): void;
  /** Where it leaves checkpoints, and goes on from one that was left; without, it begins at the beginning. */
  checkpoints?: CheckpointOptions;
  /** It goes on after this step, with these rows. */
  onResume?(step: number, rows: LogRow[]): void;
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
  const { engine, splits, signal, onRow, onStep, onResume } = context;
  const { label: _, ...optimizer } = spec.entry;
  const { layerSizes, activation, loss, curvatureBound, batchSize, epochs, evalEvery, seed } = spec;
  const network = { layerSizes, activation, loss, curvatureBound };
  const checkpoints =
    context.checkpoints && new RunCheckpoints(spec, engine, splits.train.count, context.checkpoints);
  let kept = checkpoints?.open() ?? null;
  const log = new RunLog(spec.logPath, spec.entry.learningRate === AUTO, kept?.log);
  let outcome: TrainingResult;
  let parameters: Uint8Array | undefined;
  try {
    const start = () => startSession(engine, { ...network, optimizer, batchSize, seed }, { signal });
    let session = await start();
    try {
      const refusal = kept && (await restore(session, kept, signal));
      if (refusal !== null) {
        checkpoints?.refuse(refusal);
        kept = null;
        log.beginAgain();
        session.dispose();
        session = await start();
      }
      const resumedAt = stepsOf(kept);
      if (kept) onResume?.(kept.progress.durations.length, parseRunLog(kept.log, spec.logPath));
      outcome = await train({
        ...{ session, splits, batchSize, seed, signal, epochs, evalEvery },
        curvatureInterval: curvatureIntervalOf(optimizer),
        clock: awakeMilliseconds,
        onRow: (row) => {
          log.write(row);
          onRow?.(row);
        },
        onStep: (step, loss) => onStep?.(step, loss),
        from: kept?.progress,
        ...(checkpoints && {
          checkpoints: {
            due: (step, evaluated) => checkpoints.due(step, evaluated),
            write: (progress) => checkpoints.write(session, progress, log.text, resumedAt),
          },
        }),
      });
      if (spec.saveParameters && outcome.status === "done") {
        const metadata = {
          layer_sizes: layerSizes.join(","),
          activation,
          loss,
          optimizer: sortedJson(withoutPath(spec.entry)),
        };
        parameters = safetensors(Float32Array.from(session.parameters()), layerSizes, metadata);
      }
    } finally {
      session.dispose();
    }
  } catch (error) {
    if (error instanceof RpBenchError && error.code === "WRITE_FAILED") throw error;
    outcome = neverStarted(error, signal, kept);
  } finally {
    log.close();
  }
  const { error, ...recorded } = outcome;
  const record: RunRecord = {
    ...factsOfRun(spec),
    ...recorded,
    ...(kept ? { resumedAt: stepsOf(kept) } : {}),
    engine: engine.description,
    logSha256: log.sha256,
    parametersSha256: parameters ? sha256Of(parameters) : null,
  };
  return { record, error, parameters };
}

export interface StartOptions extends Omit<SessionOptions, "parameters" | "optimizer"> {
  optimizer: SessionOptions["optimizer"] | (ModuleOptions & { learningRate: number });
  batchSize: number;
  seed: number;
}

/** What ends the user's own code before it ends itself. */
export type Guard = Pick<ThreadOptions, "signal" | "patienceSeconds">;
/** Of work that must be stopped also where no code of the user's runs. */
export type SignalledGuard = Guard & { signal: AbortSignal };

/**
 * A session at the initial parameters of its seed. Of an optimizer of the user's own no code runs in this thread.
 *
 * @throws RpBenchError CONFIG_INVALID, also where the user's own optimizer cannot be used; INVALID_ARGUMENT, INTERRUPTED
 */
export async function startSession(
  engine: Engine,
  { optimizer, ...options }: StartOptions,
  guard: Guard = {},
): Promise<TrainingSession> {
  const parameters = initialParameters(options.layerSizes, options.seed);
  if (optimizer.name !== "module") return engine.createSession({ ...options, optimizer, parameters });
  const thread = await startThread(optimizer, options, parameters, guard);
  try {
    // The session's own optimizer makes no step; this one has no state.
    const unused = { name: "sgd", learningRate: optimizer.learningRate } as const;
    return new HostedSession(
      await engine.createSession({ ...options, optimizer: unused, parameters }),
      thread,
    );
  } catch (error) {
    thread.end(new RpBenchError("DISPOSED", "it has no session"));
    throw error;
  }
}

/** Whether the users' own optimizers among these can be used. @throws RpBenchError CONFIG_INVALID, INTERRUPTED */
export async function checkModules(
  optimizers: readonly StartOptions["optimizer"][],
  network: Pick<StartOptions, "layerSizes" | "seed" | "batchSize">,
  guard: Guard,
): Promise<void> {
  const parameters = initialParameters(network.layerSizes, network.seed);
  for (const one of optimizers) {
    if (one.name !== "module") continue;
    const thread = await startThread(one, network, parameters, guard);
    thread.end(new RpBenchError("DISPOSED", "it was to be checked alone"));
  }
}

function startThread(
  { learningRate, ...module }: Extract<StartOptions["optimizer"], { name: "module" }>,
  { layerSizes, seed, batchSize }: Pick<StartOptions, "layerSizes" | "seed" | "batchSize">,
  parameters: Float32Array,
  guard: Guard,
): Promise<UpdateThread> {
  const context = { learningRate, layerSizes, seed, parameterCount: parameterCount(layerSizes) };
  return UpdateThread.start({ module, context, batchSize, parameters, ...guard });
}

/** JSON in which keys are in the order of the alphabet: equal settings give equal bytes, and checksums. */
function sortedJson(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    const isObject = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    return isObject ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  });
}
