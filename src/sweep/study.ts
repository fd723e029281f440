// A study: the runs that a configuration asks for and a folder still lacks, made by several workers side by side.

import { setTimeout as sleep } from "node:timers/promises";
import type { StudyConfig } from "../config/study-schema.js";
import type { EngineDescription } from "../engines/engine.js";
import { awakeMilliseconds } from "../pulse.js";
import { ResultFolder } from "../results/result-folder.js";
import type { LogRow } from "../results/run-log.js";
import { runName } from "../results/run-name.js";
import type { RunRecord } from "../results/run-record.js";
import { remaining, runSeconds } from "./estimate.js";
import { type Executor, ProcessExecutor, type RunListener } from "./executor.js";
import { recordFailure } from "./failure.js";
import type { Branch, PlannedRun, ResultOf } from "./plan.js";
import { StudyPlanner } from "./planner.js";
import { StudyResults } from "./results.js";
import { openReusable } from "./reuse.js";
import { Sparingly } from "./sparingly.js";
import { type Survey, sameEngineOptions, studyManifest } from "./survey.js";
import { writeTables } from "./tables.js";

export interface StudyReporter {
  warn(message: string): void;
  /** Runs are made by so many jobs or, where `place` names one, elsewhere. */
  start(info: {
    titles: string[];
    engine: EngineDescription;
    jobs: number;
    place?: string;
    folder: string;
  }): void;
  /** What is left, counted in runs and in seconds with these jobs. */
  plan(left: { runs: number; made: number; seconds: number }): void;
  runStart(job: number, run: PlannedRun): void;
  step(job: number, progress: { step: number; steps: number; loss: number }): void;
  row(run: PlannedRun, row: LogRow): void;
  /** A run that has started goes on after this step, to which another process brought it with these rows. */
  resume(job: number, run: PlannedRun, step: number, rows: readonly LogRow[]): void;
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
  /** Steps from one checkpoint of a run to the next; null: at evaluations, where that costs next to nothing. */
  checkpointEvery: number | null;
  /** A study's folder whose finished runs are taken over where everything that decides them is the same. */
  reuse: string | undefined;
  signal: AbortSignal;
  reporter: StudyReporter;
}

export interface StudyResult {
  folder: ResultFolder;
  branches: Branch[];
  resultOf: ResultOf;
  /** Names of runs whose files went away or changed while the command worked. */
  gone: string[];
  interrupted: boolean;
  /** Whether steps were timed where the runs were made. */
  timed?: boolean;
}

/** A run that another process has is looked at again after so long. */
const HELD_MILLISECONDS = 500;
/** A job without a run, while others have some, looks again after so long. */
const IDLE_MILLISECONDS = 100;
/** Time left is told at least so often. */
const PLAN_MILLISECONDS = 2000;

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
  const manifest = studyManifest(config, survey);
  const reusable = options.reuse === undefined ? undefined : openReusable(options.reuse, config, manifest);
  const folder = await ResultFolder.openShared(path, manifest);
  const results = new StudyResults(folder, (message) => options.reporter.warn(message), reusable);
  return new Study(config, folder, results, survey, options).run();
}

class Study {
  private readonly planner: StudyPlanner;
  /** What is told and written grows with the study. */
  private readonly telling = new Sparingly();
  private readonly executors: Executor[];
  /** Runs being made, and the share of each that is done. */
  private readonly inWork = new Map<string, number>();
  /** Of finished runs: seconds they took, and were expected to. */
  private readonly pace = { actual: 0, expected: 0 };
  private readonly heldUntil = new Map<string, number>();
  /** Processes of other commands that were found to have runs. */
  private readonly owners = new Set<string>();
  private failure: unknown = null;
  private told = 0;

  constructor(
    private readonly config: StudyConfig,
    private readonly folder: ResultFolder,
    private readonly results: StudyResults,
    private readonly survey: Survey,
    private readonly options: StudyOptions,
  ) {
    this.planner = new StudyPlanner(config, survey.datasets, this.resultOf);
    const { batchSize } = config;
    const setup = {
      ...{ folder: folder.path, dataDir: options.dataDir, batchSize },
      checkpointEvery: options.checkpointEvery,
      ...{ engine: survey.engine.name, datasets: survey.datasets },
      engineOptions: sameEngineOptions(survey, config, options.threads),
    };
    this.executors = Array.from({ length: options.jobs }, () => new ProcessExecutor(setup));
  }

  async run(): Promise<StudyResult> {
    const { jobs, signal, reporter } = this.options;
    const { engine } = this.survey;
    const titles = [...new Set(this.planner.branches().map(({ title }) => title))];
    const stop = () => {
      for (const executor of this.executors) executor.stop();
    };
    reporter.start({ titles, engine, jobs, folder: this.folder.path });
    signal.addEventListener("abort", stop);
    try {
      this.tell();
      await Promise.all(
        this.executors.map((_, job) =>
          this.work(job).catch((error: unknown) => {
            this.failure ??= error;
            stop();
          }),
        ),
      );
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
      reporter.stop();
    }
    if (this.failure) throw this.failure;
    const branches = this.planner.branches();
    writeTables(this.folder, branches, this.resultOf);
    return {
      ...{ folder: this.folder, branches, resultOf: this.resultOf },
      gone: this.results.gone(branches.flatMap(({ runs }) => runs)),
      interrupted: signal.aborted,
    };
  }

  private readonly resultOf: ResultOf = (run) => this.results.of(run);

  private get ended(): boolean {
    return this.options.signal.aborted || this.failure !== null;
  }

  /** Makes one run after the other until none is left, here or in work elsewhere. */
  private async work(job: number): Promise<void> {
    while (!this.ended) {
      const run = this.next();
      if (!run) {
        if (this.planner.open === 0) return;
        await sleep(IDLE_MILLISECONDS);
        continue;
      }
      this.inWork.set(runName(run), 0);
      const record = await this.make(job, run);
      this.inWork.delete(runName(run));
      if (this.ended) return;
      if (this.resultOf(run)) this.planner.made(run);
      if (record) this.telling.do(() => this.tell());
      this.options.reporter.runEnd(job, run, record);
    }
  }

  /** A run that nobody is at, as far as is known. */
  private next(): PlannedRun | undefined {
    for (;;) {
      const now = performance.now();
      const run = this.planner.find(
        (name) => !this.inWork.has(name) && (this.heldUntil.get(name) ?? 0) <= now,
      );
      if (!run || !this.resultOf(run)) return run;
      this.planner.made(run); // by another command
    }
  }

  /** Its record, if this process or another has made it. */
  private async make(job: number, run: PlannedRun): Promise<RunRecord | null> {
    const { timeoutSeconds, reporter } = this.options;
    reporter.runStart(job, run);
    const started = awakeMilliseconds();
    let resumed = false;
    const listener: RunListener = {
      step: (progress) => {
        this.inWork.set(runName(run), progress.step / progress.steps);
        reporter.step(job, progress);
        if (performance.now() - this.told > PLAN_MILLISECONDS) this.telling.do(() => this.tellPlan());
      },
      resume: (step, rows) => {
        resumed = true;
        reporter.resume(job, run, step, rows);
      },
      row: (row) => reporter.row(run, row),
      warn: (message) => reporter.warn(message),
    };
    let end = await this.executors[job].run(run, timeoutSeconds, listener);
    if (end.kind === "crashed" && !this.ended) {
      reporter.warn(`${runName(run)}: ${end.reason}; it is tried once more`);
      end = await this.executors[job].run(run, timeoutSeconds, listener);
    }
    if (this.ended) return null;
    if (end.kind === "held") {
      this.leave(run, end.by);
      return null;
    }
    this.results.made(run);
    switch (end.kind) {
      case "crashed":
        this.fail(run, "failed", `${end.reason}, twice`, end.step);
        break;
      case "timed-out":
        this.fail(run, "timed_out", `it took more than ${timeoutSeconds} s`, end.step);
        break;
      case "made":
        if (!resumed) this.countPace(run, (awakeMilliseconds() - started) / 1000);
    }
    return this.resultOf(run)?.record ?? null;
  }

  private fail(run: PlannedRun, status: "failed" | "timed_out", reason: string, step: number): void {
    recordFailure(this.folder, run, this.survey, status, reason, step);
  }

  /** To another command's process, for now. */
  private leave(run: PlannedRun, owner: string): void {
    this.heldUntil.set(runName(run), performance.now() + HELD_MILLISECONDS);
    if (this.owners.has(owner)) return;
    this.owners.add(owner);
    this.options.reporter.warn(`${owner} makes runs of this study; they are left to it`);
  }

  private countPace(run: PlannedRun, seconds: number): void {
    const cost = this.survey.costOf(run.problem, run.label);
    if (!cost || this.resultOf(run)?.record.status !== "done") return;
    this.pace.actual += seconds;
    this.pace.expected += runSeconds(run, cost);
  }

  private tell(): void {
    this.tellPlan();
    writeTables(this.folder, this.planner.branches(), this.resultOf);
  }

  private tellPlan(): void {
    this.told = performance.now();
    const { jobs, reporter } = this.options;
    const shareLeft = (run: PlannedRun) =>
      this.planner.isOpen(run) ? 1 - (this.inWork.get(runName(run)) ?? 0) : 0;
    const left = remaining(this.config, this.planner.branches(), shareLeft, this.survey.costOf);
    const correction = this.pace.expected > 0 ? this.pace.actual / this.pace.expected : 1;
    reporter.plan({
      runs: left.runs,
      made: this.planner.known - this.planner.open,
      seconds: (left.seconds * correction) / jobs,
    });
  }
}
