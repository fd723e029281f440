// Follows tasks from the moment they are wanted until each has a result or is given up. What has a result is read from the
// study's folder at each look; the scheduler, which many share, is asked seldom, and only for what became of the others.

import { RpBenchError } from "../../errors.js";
import type { Batch, Scheduler, TaskState } from "./scheduler.js";
import { type Note, type Task, taskName } from "./task-folder.js";

/** What a follower needs of the study it works for. */
export interface Desk {
  /** Names of all that has a result. */
  results(): Iterable<string>;
  /** Called with a task whose name is among them; whether its result counts. */
  accept(task: Task): boolean;
  /** Two attempts came to nothing; whether the task is done with. */
  giveUp(task: Task, reason: string, step: number): boolean;
  write(tasks: Task[], alone: Batch["alone"]): Batch;
  notes(): { number: number; note: Note }[];
  removeNote(number: number): void;
  /** Of a task that an earlier command wrote; null where it did not. */
  batchOf(number: number): { first: number; tasks: Task[] } | null;
  lastWords(first: number, index: number): string | null;
  warn(message: string): void;
}

/** How much a study asks of those around it, in milliseconds and tasks; constants but for tests. */
export const LIMITS = {
  /** The scheduler is asked so often at first, and the less often the longer the study takes. */
  leastAsk: 2000,
  mostAsk: 60_000,
  /** From one question to the next at most this share of the time that has passed. */
  askShare: 1 / 20,
  /** A network file system shows other machines' files late. */
  grace: 30_000,
  /** A batch whose acceptance was not heard of shows within this. */
  doubt: 10_000,
  /** Where the scheduler takes no more for now. */
  full: 30_000,
  /** Without an answer and without a result. */
  silence: 600_000,
  /** In its queue at a time. */
  queued: 5000,
};

const STOPPED = "it was ended by SIGTERM";
/** Attempts that are nobody's fault, as of a task that was preempted. */
const MOST_BLAMELESS = 100;

interface Followed {
  task: Task;
  alone: Batch["alone"];
  name: string;
  number: number;
  first: number;
  state: TaskState["kind"];
  /** Since when it has ended, or is unknown to the scheduler. */
  goneSince: number | null;
  stopped: boolean;
  /** Whether the scheduler took it is not known. */
  doubtful: boolean;
  /** When it was handed over. */
  since: number;
}

export class Follower {
  private readonly queue: { task: Task; alone: Batch["alone"] }[] = [];
  private readonly byName = new Map<string, Followed>();
  private readonly byNumber = new Map<number, Followed>();
  private readonly failures = new Map<string, number>();
  private readonly blameless = new Map<string, number>();
  private readonly begun: number;
  private asked = Number.NEGATIVE_INFINITY;
  private fullUntil = Number.NEGATIVE_INFINITY;
  private most = Number.POSITIVE_INFINITY;
  /** The last sign of life. */
  private heard: number;
  private silent = false;
  /** It was told that the scheduler takes not a single task. */
  private full = false;
  /** How often the scheduler was asked. */
  questions = 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly desk: Desk,
    private readonly now: () => number = () => performance.now(),
    private readonly limits = LIMITS,
  ) {
    this.begun = now();
    this.heard = this.begun;
  }

  /** Tasks that have neither a result nor been given up. */
  get left(): number {
    return this.queue.length + this.byName.size;
  }

  /** Tasks that the scheduler has, and of them those that run. */
  get handed(): { all: number; running: number } {
    let running = 0;
    for (const { state } of this.byName.values()) if (state === "running") running += 1;
    return { all: this.byName.size, running };
  }

  /**
   * Takes over what an earlier command handed over and the scheduler still has.
   *
   * @returns how many tasks
   * @throws RpBenchError EXECUTOR_UNAVAILABLE
   */
  async adopt(): Promise<number> {
    const states = await this.ask();
    if (states === null) throw unavailable(this.scheduler.title, "does not answer");
    let batch: { first: number; tasks: Task[] } | null = null;
    for (const number of [...states.keys()].sort((a, b) => a - b)) {
      const state = states.get(number);
      if (state?.kind !== "waiting" && state?.kind !== "running" && state?.kind !== "ending") continue;
      if (batch === null || number >= batch.first + batch.tasks.length) batch = this.desk.batchOf(number);
      const task = batch?.tasks[number - batch.first];
      if (!batch || !task || this.byName.has(taskName(task))) continue;
      this.follow({ task, alone: null, number, first: batch.first, doubtful: false }, state.kind);
    }
    return this.byName.size;
  }

  /** Wants tasks; those that are followed already are not handed over twice. */
  want(tasks: Task[], alone: Batch["alone"] = null): void {
    for (const task of tasks) if (!this.byName.has(taskName(task))) this.queue.push({ task, alone });
  }

  /**
   * Looks once.
   *
   * @throws RpBenchError for what concerns every task
   */
  async look(): Promise<void> {
    this.collect();
    this.readNotes();
    await this.handOver();
    const passed = this.now() - this.begun;
    const { leastAsk, mostAsk, askShare } = this.limits;
    const pause = Math.min(mostAsk, Math.max(leastAsk, passed * askShare));
    if (this.byName.size > 0 && this.now() - this.asked >= pause) {
      const states = await this.ask();
      this.collect(); // a result that appeared before the answer
      if (states) this.judge(states);
    }
    if (this.now() - this.heard >= this.limits.silence) {
      const minutes = Math.round(this.limits.silence / 60_000);
      throw unavailable(this.scheduler.title, `has not answered for ${minutes} minutes`);
    }
  }

  private collect(): void {
    if (this.byName.size === 0) return;
    for (const name of this.desk.results()) {
      const one = this.byName.get(name);
      if (!one || !this.desk.accept(one.task)) continue;
      this.forget(one);
      this.heard = this.now();
    }
  }

  private readNotes(): void {
    for (const { number, note } of this.desk.notes()) {
      const one = this.byNumber.get(number);
      if (one && note.kind === "stopped") {
        one.stopped = true; // what its scheduler does with it shows when that is asked
        continue;
      }
      this.desk.removeNote(number);
      if (!one || note.kind === "stopped") continue; // of an earlier command
      if (note.kind === "crashed") this.failed(one, note.reason, note.step);
      else if (this.failures.has(one.name)) throw new RpBenchError(note.code, note.message);
      else this.failed(one, note.message, 0);
    }
  }

  private async handOver(): Promise<void> {
    let there: Set<string> | null = null;
    while (this.queue.length > 0 && this.now() >= this.fullUntil) {
      const room = Math.min(this.limits.queued - this.byName.size, this.most, this.scheduler.mostTasks);
      if (room < 1) return;
      const { alone } = this.queue[0];
      const next = this.queue.slice(0, room);
      // Made since they were wanted, as by a task of an earlier command.
      there ??= new Set(this.desk.results());
      const open = next.filter(({ task }) => !there?.has(taskName(task)) || !this.desk.accept(task));
      if (open.length < next.length) {
        this.queue.splice(0, next.length, ...open);
        continue;
      }
      const other = next.findIndex((one) => one.alone !== alone);
      const tasks = next.slice(0, other < 0 ? next.length : other).map(({ task }) => task);
      const count = tasks.length;
      const batch = this.desk.write(tasks, alone);
      const answer = await this.scheduler.submit(batch);
      if (answer !== "unknown") this.heard = this.now();
      if (typeof answer === "object") {
        this.most = Math.max(1, Math.floor(count / 2));
        if (count === 1) this.tellFull(answer.full);
        if (count === 1 || this.byName.size > 0) this.fullUntil = this.now() + this.limits.full;
        continue;
      }
      this.full = false;
      this.queue.splice(0, count);
      for (const [index, task] of tasks.entries()) {
        const doubtful = answer === "unknown";
        this.follow({ task, alone, number: batch.first + index, first: batch.first, doubtful });
      }
      if (answer === "unknown") {
        this.tellSilence();
        return;
      }
    }
  }

  private async ask(): Promise<Map<number, TaskState> | null> {
    this.questions += 1;
    const states = await this.scheduler.tasks();
    this.asked = this.now();
    if (states === null) this.tellSilence();
    else {
      if (this.silent) this.desk.warn(`${this.scheduler.title} answers again`);
      this.silent = false;
      this.heard = this.now();
      this.most = Number.POSITIVE_INFINITY;
    }
    return states;
  }

  private tellSilence(): void {
    if (this.silent) return;
    this.silent = true;
    this.desk.warn(`${this.scheduler.title} does not answer; results are followed all the same`);
  }

  /** What others have in the queue ends some time. */
  private tellFull(words: string): void {
    this.most = Number.POSITIVE_INFINITY; // the next attempt is one of as many as ever
    if (this.full || this.byName.size > 0) return;
    this.full = true;
    const title = this.scheduler.title;
    this.desk.warn(`${title} takes not a single task now (${words}); the study waits until it does`);
  }

  private judge(states: Map<number, TaskState>): void {
    for (const one of [...this.byName.values()]) {
      const state = states.get(one.number);
      if (one.doubtful && !state) {
        if (this.now() - one.since >= this.limits.doubt) this.again(one);
        continue;
      }
      one.doubtful = false;
      if (state?.kind === "waiting" || state?.kind === "running") {
        if (one.stopped) this.desk.removeNote(one.number); // and queued once more by its scheduler
        Object.assign(one, { state: state.kind, goneSince: null, stopped: false });
        continue;
      }
      if (state?.kind === "ending") continue;
      one.goneSince ??= this.now();
      if (one.stopped && state?.kind !== "done" && !isWished(state)) this.end(one, STOPPED, true);
      else if (state?.kind === "ended") this.end(one, state.how, state.cause === "surroundings");
      else if (this.now() - one.goneSince >= this.limits.grace) {
        this.lost(one, state ? "it ended without a result" : "it is gone without a result");
      }
    }
  }

  private end(one: Followed, how: string, blameless: boolean): void {
    const count = (this.blameless.get(one.name) ?? 0) + 1;
    if (!blameless || count > MOST_BLAMELESS) {
      this.lost(one, how);
      return;
    }
    this.blameless.set(one.name, count);
    this.desk.warn(`${one.name}: ${how}; it is handed over once more`);
    this.again(one);
  }

  /** Nobody but its log can say more. */
  private lost(one: Followed, reason: string): void {
    const words = this.desk.lastWords(one.first, one.number - one.first);
    this.failed(one, reason, 0, words === null ? "" : `; its log ends: ${words}`);
  }

  private failed(one: Followed, reason: string, step: number, more = ""): void {
    const count = (this.failures.get(one.name) ?? 0) + 1;
    this.failures.set(one.name, count);
    if (count > 1 && this.desk.giveUp(one.task, `${reason}, twice`, step)) {
      this.desk.warn(`${one.name}: ${reason}, twice${more}; it is given up`);
      this.forget(one);
      return;
    }
    this.desk.warn(`${one.name}: ${reason}${more}; it is handed over once more`);
    this.again(one);
  }

  private again(one: Followed): void {
    this.forget(one);
    this.queue.push({ task: one.task, alone: one.alone });
  }

  private follow(
    one: Pick<Followed, "task" | "alone" | "number" | "first" | "doubtful">,
    state: Followed["state"] = "waiting",
  ): void {
    const name = taskName(one.task);
    const since = this.now();
    const followed: Followed = { ...one, name, state, since, goneSince: null, stopped: false };
    this.byName.set(name, followed);
    this.byNumber.set(one.number, followed);
  }

  private forget(one: Followed): void {
    this.byName.delete(one.name);
    this.byNumber.delete(one.number);
    if (one.stopped) this.desk.removeNote(one.number);
  }
}

export function unavailable(title: string, what: string): RpBenchError {
  const remedy =
    "tasks that it has go on; when it answers, the same command with the same --out follows them";
  return new RpBenchError("EXECUTOR_UNAVAILABLE", `${title} ${what}; ${remedy}`);
}

function isWished(state: TaskState | undefined): boolean {
  return state?.kind === "ended" && state.cause === "cancelled";
}
