// A study whose runs other machines make: what the plan wants is handed to a scheduler, and what comes of it is followed in
// the result folder, until nothing is left.

import { setTimeout as sleep } from "node:timers/promises";
import type { StudyConfig } from "../../config/study-schema.js";
import { messageOf, RpBenchError } from "../../errors.js";
import { releaseLock } from "../../files/lock.js";
import { takeFolder } from "../../files/own-folder.js";
import { ResultFolder } from "../../results/result-folder.js";
import { remaining } from "../estimate.js";
import { recordFailure } from "../failure.js";
import type { PlannedRun, ResultOf } from "../plan.js";
import { StudyPlanner } from "../planner.js";
import { StudyResults } from "../results.js";
import { openReusable } from "../reuse.js";
import { Sparingly } from "../sparingly.js";
import type { StudyOptions, StudyResult } from "../study.js";
import { type Survey, sameEngineOptions, studyManifest } from "../survey.js";
import { writeTables } from "../tables.js";
import { type Desk, Follower } from "./follower.js";
import type { Scheduler } from "./scheduler.js";
import { chooseStepTimes, placesOf } from "./step-times.js";
import { type Task, TaskFolder, type TaskSetup } from "./task-folder.js";

export interface ClusterOptions extends StudyOptions {
  /** Once the folder is there, which names the study. */
  connect(files: TaskFolder, study: { id: string; path: string; signal: AbortSignal }): Scheduler;
  /** Asked when the command is interrupted and its scheduler has tasks that would go on. */
  cancels(title: string, tasks: number): Promise<boolean>;
}

/** Results are looked for so often. */
const LOOK_MILLISECONDS = 1000;

/**
 * Makes what is missing. One command at a time follows a study's tasks.
 *
 * @throws RpBenchError for what concerns all runs; what is published by then stays
 */
export async function runClusterStudy(
  config: StudyConfig,
  path: string,
  survey: Survey,
  options: ClusterOptions,
): Promise<StudyResult> {
  const manifest = studyManifest(config, survey);
  const reusable = options.reuse === undefined ? undefined : openReusable(options.reuse, config, manifest);
  const folder = await ResultFolder.openShared(path, manifest);
  const results = new StudyResults(folder, (message) => options.reporter.warn(message), reusable);
  const files = new TaskFolder(path);
  files.create();
  const { signal, reporter } = options;
  const onWait = (message: string) => reporter.warn(message);
  await takeFolder(path, files.lockPath, { signal, onWait, does: "follows the tasks of this study" });
  try {
    const scheduler = options.connect(files, { id: files.id(), path, signal: options.signal });
    return await new ClusterStudy(config, folder, results, files, scheduler, survey, options).run();
  } finally {
    releaseLock(files.lockPath);
  }
}

class ClusterStudy {
  private readonly planner: StudyPlanner;
  private readonly follower: Follower;
  private readonly telling = new Sparingly();

  constructor(
    private readonly config: StudyConfig,
    private readonly folder: ResultFolder,
    private readonly results: StudyResults,
    private readonly files: TaskFolder,
    private readonly scheduler: Scheduler,
    private readonly survey: Survey,
    private readonly options: ClusterOptions,
  ) {
    this.planner = new StudyPlanner(config, survey.datasets, this.resultOf);
    this.follower = new Follower(scheduler, this.desk());
  }

  private readonly resultOf: ResultOf = (run) => this.results.of(run);

  async run(): Promise<StudyResult> {
    const { signal, reporter } = this.options;
    const { engine } = this.survey;
    const { title } = this.scheduler;
    const titles = [...new Set(this.planner.branches().map((branch) => branch.title))];
    reporter.start({ titles, engine, jobs: 0, place: title, folder: this.folder.path });
    let timed = false;
    try {
      this.tell();
      const adopted = await this.follower.adopt();
      if (adopted > 0)
        reporter.warn(`${title} has ${adopted} tasks of this study already; they are followed`);
      await this.follow(() => this.planner.open > 0);
      if (!signal.aborted) timed = await this.timeSteps();
    } finally {
      await this.leave();
      reporter.stop();
    }
    const branches = this.planner.branches();
    writeTables(this.folder, branches, this.resultOf);
    return {
      ...{ folder: this.folder, branches, resultOf: this.resultOf },
      gone: this.results.gone(branches.flatMap(({ runs }) => runs)),
      ...{ interrupted: signal.aborted, timed },
    };
  }

  /** Looks again and again while there is work. */
  private async follow(busy: () => boolean): Promise<void> {
    const { signal } = this.options;
    while (busy() && !signal.aborted) {
      this.follower.want(this.planner.takeNew().map((run) => ({ kind: "run", run })));
      await this.follower.look();
      if (!busy() || signal.aborted) return;
      await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => {});
    }
  }

  /** On each kind of processor that made runs, with a machine to itself. The axis of seconds takes the commonest. */
  private async timeSteps(): Promise<boolean> {
    const { signal, reporter } = this.options;
    const branches = this.planner.branches();
    const places = placesOf(branches, this.resultOf);
    // Runs that failed may have been made since, and another rate been chosen.
    if (!chooseStepTimes(this.folder.path, this.files, places, branches)) this.files.removeStepTimes();
    const there = new Set(this.files.measured());
    for (const { place, host } of places) {
      const alone = { host: places.length > 1 ? host : null };
      if (!there.has(`step-times-${place}`)) this.follower.want([{ kind: "step-times", place }], alone);
    }
    try {
      await this.follow(() => this.follower.left > 0);
    } catch (error) {
      // The runs are made; a partition that gives no whole node is no reason to end here.
      if (!(error instanceof RpBenchError) || error.code !== "EXECUTOR_REFUSED") throw error;
      reporter.warn(error.message);
    }
    if (signal.aborted) return false;
    const timed = chooseStepTimes(this.folder.path, this.files, places, branches);
    if (!timed)
      reporter.warn("step times could not be measured in a task; they are measured on this machine");
    return timed;
  }

  /** What is left goes on or is ended. */
  private async leave(): Promise<void> {
    const { all } = this.follower.handed;
    if (all === 0) return;
    const { outlives, title } = this.scheduler;
    const { cancels, reporter } = this.options;
    reporter.stop(); // bars are in the way of a question
    try {
      if (!outlives || (await cancels(title, all))) await this.scheduler.cancel();
      else {
        const how = "the same command follows them, and with --cancel-on-exit cancels them when it ends";
        reporter.warn(`${title} has ${all} tasks of this study, which go on; ${how}`);
      }
    } catch (error) {
      reporter.warn(`${title}: tasks may go on (${messageOf(error)})`);
    }
  }

  private desk(): Desk {
    const { files, folder } = this;
    const { reporter, signal } = this.options;
    return {
      results: () => [...folder.recordedNames(), ...files.measured()],
      accept: (task) => task.kind === "step-times" || this.accept(task.run),
      giveUp: (task, reason, step) => this.giveUp(task, reason, step),
      write: (tasks, alone) => files.write(this.setup(), tasks, alone),
      notes: () => files.notes(),
      removeNote: (number) => files.removeNote(number),
      batchOf: (number) => files.batchOf(number),
      lastWords: (first, index) => files.lastWords(first, index),
      warn: (message) => {
        if (!signal.aborted) reporter.warn(message); // a scheduler that was not let answer is no news
      },
    };
  }

  private setup(): TaskSetup {
    const { config, survey, options } = this;
    const { dataDir, timeoutSeconds, threads, checkpointEvery } = options;
    return {
      ...{ config, engine: survey.engine, timeoutSeconds },
      worker: {
        ...{ dataDir, batchSize: config.batchSize, engine: survey.engine.name },
        ...{
          checkpointEvery,
          datasets: survey.datasets,
          engineOptions: sameEngineOptions(survey, config, threads),
        },
      },
    };
  }

  private accept(run: PlannedRun): boolean {
    const result = this.resultOf(run);
    if (!result) return false; // one that does not count
    this.planner.made(run);
    this.telling.do(() => this.tell());
    const { reporter } = this.options;
    for (const row of result.rows) reporter.row(run, row);
    reporter.runEnd(0, run, result.record);
    return true;
  }

  private giveUp(task: Task, reason: string, step: number): boolean {
    if (task.kind === "step-times") return true;
    recordFailure(this.folder, task.run, this.survey, "failed", reason, step);
    this.results.made(task.run);
    return this.accept(task.run);
  }

  private tell(): void {
    const { config, planner, survey } = this;
    const branches = planner.branches();
    const left = remaining(config, branches, (run) => (planner.isOpen(run) ? 1 : 0), survey.costOf);
    const atATime = Math.max(1, this.follower.handed.running);
    const made = planner.known - planner.open;
    this.options.reporter.plan({ runs: left.runs, made, seconds: left.seconds / atATime });
    writeTables(this.folder, branches, this.resultOf);
  }
}
