// What `rp-bench worker` does: one task of a study, on whatever machine it finds itself. A run is made by the same worker
// process as on the machine of the command, which is ended and begun as it is there.

import { cpus, hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { createEngine } from "../../engines/create-engine.js";
import type { EngineDescription } from "../../engines/engine.js";
import { messageOf, RpBenchError } from "../../errors.js";
import { writeFileAtomically } from "../../files/files.js";
import { arithmeticOf } from "../../results/manifest.js";
import { ResultFolder } from "../../results/result-folder.js";
import { stepTimesText } from "../../results/step-times.js";
import { timeSteps } from "../conclude.js";
import { ProcessExecutor, type RunListener } from "../executor.js";
import { recordFailure } from "../failure.js";
import type { WorkerSetup } from "../messages.js";
import { type PlannedRun, planStudy } from "../plan.js";
import { TaskFolder, type TaskSetup, taskName } from "./task-folder.js";

export interface TaskOptions {
  signal: AbortSignal;
  /** For the task's log. */
  note(message: string): void;
}

/** A run that another process has is asked for again after so long. */
const HELD_MILLISECONDS = 500;
/** An engine takes no more. */
const MOST_THREADS = 256;
/** The longest that a user's optimizer may take for one step that is timed, where the study says nothing. */
const PATIENCE_SECONDS = 60;

/**
 * Makes a task.
 *
 * @returns whether it has its result
 * @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT; INTERRUPTED where the signal ended it
 */
export async function makeTask(study: string, number: number, options: TaskOptions): Promise<boolean> {
  const files = new TaskFolder(study);
  const { setup, task } = files.read(number);
  files.removeNote(number); // of a start before
  // The name that Slurm knows it by, where it is in use.
  const host = process.env.SLURMD_NODENAME || hostname();
  const machine = { host, processor: cpus()[0]?.model.trim() ?? "unknown" };
  options.note(`task ${number} of ${study}: ${taskName(task)}, on ${machine.host}, ${machine.processor}`);
  try {
    const engine = await engineHere(setup);
    const worker: WorkerSetup = { ...setup.worker, folder: study, machine };
    if (worker.engine !== "tfjs") worker.engineOptions = { ...worker.engineOptions, ...threadsHere() };
    if (task.kind === "run") {
      const reason = await makeRun({ ...setup, worker, engine }, task.run, options);
      if (reason === null) return true;
      files.note(number, { kind: "crashed", ...reason });
      options.note(reason.reason);
      return false;
    }
    await measure(setup, study, files.stepTimesPath(task.place), options);
    return true;
  } catch (error) {
    if (options.signal.aborted) {
      files.note(number, { kind: "stopped" });
      throw new RpBenchError("INTERRUPTED", `task ${number} was ended by a signal`);
    }
    const code = error instanceof RpBenchError ? error.code : "WORKER_FAILED";
    files.note(number, { kind: "fatal", code, message: `on ${machine.host}: ${messageOf(error)}` });
    throw error;
  }
}

/** @returns null, or what became of the process that made it */
async function makeRun(
  { worker, engine, timeoutSeconds }: TaskSetup & { worker: WorkerSetup },
  run: PlannedRun,
  { signal, note }: TaskOptions,
): Promise<{ reason: string; step: number } | null> {
  const folder = ResultFolder.of(worker.folder);
  const executor = new ProcessExecutor(worker);
  const listener: RunListener = {
    step() {},
    row() {},
    resume: (step) => note(`it goes on from its checkpoint at step ${step}`),
    warn: note,
  };
  const stop = () => executor.stop();
  signal.addEventListener("abort", stop);
  try {
    for (let told = false; ; ) {
      signal.throwIfAborted();
      const end = await executor.run(run, timeoutSeconds, listener);
      if (signal.aborted) {
        leave(folder, run);
        signal.throwIfAborted();
      }
      switch (end.kind) {
        case "made":
          return null;
        case "crashed":
          return end;
        case "timed-out":
          recordFailure(
            folder,
            run,
            { engine },
            "timed_out",
            `it took more than ${timeoutSeconds} s`,
            end.step,
          );
          return null;
        case "held":
          if (!told) note(`${end.by} has the run; it is waited for`);
          told = true;
          await sleep(HELD_MILLISECONDS);
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    executor.stop();
  }
}

/** So that the next machine need not wait until this one's lock is known to be nobody's. */
function leave(folder: ResultFolder, run: PlannedRun): void {
  if (folder.claim(run) === null) folder.release(run);
}

/** The engine that the study found; what it computes must be the same here. */
async function engineHere({ worker, engine }: TaskSetup): Promise<EngineDescription> {
  if (engine.name === "tfjs") return engine; // its backend is named in its options
  const { description } = await createEngine(worker.engine, { ...worker.engineOptions, warn() {} });
  if (arithmeticOf(description) === arithmeticOf(engine)) return description;
  const what = `the ${engine.name} engine computes with ${description.instructionSet} here, and with ${engine.instructionSet} where the study began`;
  throw new RpBenchError("ENGINE_UNAVAILABLE", `${what}: use machines that compute the same`);
}

/** Of processors, what Slurm gave the task. */
function threadsHere(): { threads?: number } {
  const given = Number(process.env.SLURM_CPUS_PER_TASK);
  return Number.isInteger(given) && given > 0 ? { threads: Math.min(given, MOST_THREADS) } : {};
}

async function measure(
  { config, worker, timeoutSeconds }: TaskSetup,
  study: string,
  path: string,
  { signal }: TaskOptions,
): Promise<void> {
  const folder = ResultFolder.of(study);
  const resultOf = (run: PlannedRun) => folder.read(run) ?? undefined;
  const { threads: _, ...options } = worker.engineOptions;
  const engine = await createEngine(worker.engine, { ...options, warn() {} });
  const branches = planStudy(config, worker.datasets, resultOf);
  const guard = { signal, patienceSeconds: timeoutSeconds ?? PATIENCE_SECONDS };
  const rows = await timeSteps(engine, config, branches, worker.dataDir, guard);
  signal.throwIfAborted();
  writeFileAtomically(path, stepTimesText(rows));
}
