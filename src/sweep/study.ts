// A study: the runs that a configuration asks for and a folder still lacks, made by several workers side by side.

import { setTimeout as sleep } from "node:timers/promises";
import type { StudyConfig } from "../config/study-schema.js";
import type { EngineDescription } from "../engines/engine.js";
import { createManifest, type DatasetFacts } from "../output/manifest.js";
import { type LoadedRun, ResultFolder } from "../output/result-folder.js";
import { runName } from "../output/run-name.js";
import type { RunRecord } from "../output/run-record.js";
import { remaining, runSeconds } from "./estimate.js";
import { ProcessExecutor } from "./executor.js";
import { recordFailure } from "./failure.js";
import { type Branch, type PlannedRun, planStudy } from "./plan.js";
import { StudyResults } from "./results.js";
import { openReusable } from "./reuse.js";
import type { Survey } from "./survey.js";
import { writeTables } from "./tables.js";

export interface StudyReporter {
  warn(message: string): void;
  start(info: { datasets: DatasetFacts[]; engine: EngineDescription; jobs: number; folder: string }): void;
  /** What is left, counted in runs and in seconds with these jobs. */
  plan(left: { runs: number; made: number; seconds: number }): void;
  runStart(job: number, run: PlannedRun): void;
  step(job: number, progress: { step: number; steps: number; loss: number }): void;
  runEnd(job: number, run: PlannedRun, record: RunRecord | null): void;
  stop(): void;
}

export interface StudyOptions {
  jobs: number;
  /** Threads of each job. */
  threads: number;
  /** The longest a run may take. */
  timeoutSeconds: number | null;
  dataDir: string | undefined;
  /** A study's folder whose finished runs are taken over where everything that decides them is the same. */
  reuse: string | undefined;
  signal: AbortSignal;
  reporter: StudyReporter;
}

export interface StudyResult {
  folder: ResultFolder;
  branches: Branch[];
  resultOf(run: PlannedRun): LoadedRun | undefined;
  interrupted: boolean;
}

/** A run that another process has is looked at again after so long. */
const HELD_MILLISECONDS = 500;
/** A job without a run, while others have some, looks again after so long. */
const IDLE_MILLISECONDS = 100;
/** Time left is told at least so often. */
const PLAN_MILLISECONDS = 2000;
/** A run whose worker crashes is tried so often in all. */
const ATTEMPTS = 2;

/**
 * Makes what is missing. Several commands may do so in one folder; each run is then made by one of them.
 *
 * @throws RpBenchError for what concerns all runs; what is published by then stays
 */
export async function runStudy(
  config: StudyConfig,
  path: string,
  survey: Survey,
  options: StudyOptions,
): Promise<StudyResult> {
  const { jobs, threads, timeoutSeconds, signal, reporter } = options;
  const { datasets, engine } = survey;
  const manifest = createManifest("sweep", config, datasets, engine);
  const reusable = options.reuse === undefined ? undefined : openReusable(options.reuse, config, manifest);
  const folder = ResultFolder.openShared(path, manifest);
  const results = new StudyResults(folder, (message) => reporter.warn(message), reusable);
  const resultOf = (run: PlannedRun) => results.of(run);
  const plan = () => planStudy(config, (run) => results.of(run));
  let branches = plan();
  reporter.start({ datasets, engine, jobs, folder: path });

  /** Runs being made, and the share of each that is done. */
  const inWork = new Map<string, number>();
  /** Of finished runs: seconds they took, and were expected to. */
  const pace = { actual: 0, expected: 0 };
  const heldUntil = new Map<string, number>();
  /** Processes of other commands that were found to have runs. */
  const owners = new Set<number>();
  let failure: unknown = null;
  const tell = () => {
    tellPlan();
    writeTables(folder, branches, resultOf);
  };
  let told = 0;
  const tellPlan = () => {
    told = performance.now();
    const shareLeft = (run: PlannedRun) => (resultOf(run) ? 0 : 1 - (inWork.get(runName(run)) ?? 0));
    const left = remaining(config, branches, shareLeft, survey.costOf);
    const made = branches.flatMap(({ runs }) => runs).filter((run) => resultOf(run)).length;
    const correction = pace.expected > 0 ? pace.actual / pace.expected : 1;
    reporter.plan({ runs: left.runs, made, seconds: (left.seconds * correction) / jobs });
  };
  const wanted = () =>
    branches
      .flatMap(({ runs }) => runs)
      .filter((run) => !inWork.has(runName(run)) && resultOf(run) === undefined);
  const next = () => wanted().find((run) => (heldUntil.get(runName(run)) ?? 0) <= performance.now());
  const executors = Array.from({ length: jobs }, () => {
    const { activation, batchSize, trainLimit } = config;
    return new ProcessExecutor({
      ...{ folder: path, dataDir: options.dataDir, activation, batchSize, trainLimit, threads },
      ...{ engine: engine.name, datasets },
    });
  });
  const stopAll = () => {
    for (const executor of executors) executor.stop();
  };

  const work = async (job: number): Promise<void> => {
    for (;;) {
      if (signal.aborted || failure) return;
      branches = plan();
      const run = next();
      if (!run) {
        if (inWork.size === 0 && wanted().length === 0) return;
        await sleep(IDLE_MILLISECONDS);
        continue;
      }
      inWork.set(runName(run), 0);
      const record = await make(job, run);
      inWork.delete(runName(run));
      branches = plan();
      if (signal.aborted || failure) return;
      if (record) tell();
      reporter.runEnd(job, run, record);
    }
  };

  /** Its record, if this process or another has made it. */
  const make = async (job: number, run: PlannedRun): Promise<RunRecord | null> => {
    reporter.runStart(job, run);
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      const end = await executors[job].run(run, timeoutSeconds, (progress) => {
        inWork.set(runName(run), progress.step / progress.steps);
        reporter.step(job, progress);
        if (performance.now() - told > PLAN_MILLISECONDS) tellPlan();
      });
      if (signal.aborted || failure) return null;
      if (end.kind === "crashed" && attempt < ATTEMPTS) {
        reporter.warn(`${runName(run)}: ${end.reason}; it is tried once more`);
        continue;
      }
      if (end.kind === "held") {
        heldUntil.set(runName(run), performance.now() + HELD_MILLISECONDS);
        if (!owners.has(end.by))
          reporter.warn(`process ${end.by} makes runs of this study; they are left to it`);
        owners.add(end.by);
        return null;
      }
      if (end.kind === "crashed")
        recordFailure(folder, run, survey, "failed", `${end.reason}, twice`, end.step);
      if (end.kind === "timed-out") {
        recordFailure(folder, run, survey, "timed_out", `it took more than ${timeoutSeconds} s`, end.step);
      }
      const record = results.of(run)?.record ?? null;
      const cost = survey.costOf(run.dataset, run.label);
      if (cost && record?.status === "done") {
        pace.actual += (performance.now() - started) / 1000;
        pace.expected += runSeconds(run, cost);
      }
      return record;
    }
  };

  signal.addEventListener("abort", stopAll);
  try {
    tell();
    await Promise.all(
      executors.map((_, job) =>
        work(job).catch((error: unknown) => {
          failure ??= error;
          stopAll();
        }),
      ),
    );
  } finally {
    signal.removeEventListener("abort", stopAll);
    stopAll();
    reporter.stop();
  }
  if (failure) throw failure;
  branches = plan();
  writeTables(folder, branches, resultOf);
  return { folder, branches, resultOf, interrupted: signal.aborted };
}
