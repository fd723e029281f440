// Slurm: every batch is a job array, named by the study and its first task, so that a later command knows it again.

import { userInfo } from "node:os";
import { RpBenchError } from "../../errors.js";
import { runProgram } from "./program.js";
import type { Batch, Scheduler, TaskState } from "./scheduler.js";
import { workerCommand } from "./worker-command.js";

export interface SlurmOptions {
  study: { id: string; path: string };
  logPath(first: number, index: string): string;
  /** Of the user, for sbatch. */
  args: readonly string[];
  /** Lines of shell before the worker is started. */
  setup: readonly string[];
  /** Tasks that run at a time, at most; null: what Slurm allows. */
  jobs: number | null;
  timeoutSeconds: number | null;
  /** Nothing is submitted or asked any more; what is there can still be cancelled. */
  signal: AbortSignal;
  warn(message: string): void;
}

/** Where Slurm does not say how long an array may be. */
const USUAL_ARRAY = 1001;
const MOST_TASKS = 1000;
/** For a node to start Node and load a dataset, beside the time that a run may take. */
const MARGIN_MINUTES = 10;

const UNREACHABLE =
  /unable to contact|connect failure|socket timed out|zero bytes were transmitted|configuration source|slow down/i;
const FULL = /submit limit|SubmitJob|temporarily unable|resource temporarily|queue full/i;
/** sbatch asks again and again for two minutes; meanwhile nothing else would be done. */
const TRIES_AGAIN = /retrying/;
/** Waiting for these does not end by itself. */
const HOPELESS =
  /held|Held|NeverSatisfied|TimeLimit|BadConstraints|Invalid(Account|QOS)|NodeLimit|ReqNodeNotAvail|PartitionDown/;
const ENDED = new Map([
  ["CANCELLED", "it was cancelled"],
  ["FAILED", "it failed"],
  ["TIMEOUT", "its time was up in Slurm"],
  ["DEADLINE", "its deadline passed in Slurm"],
  ["OUT_OF_MEMORY", "it used more memory than it was given (--slurm-arg=--mem=… gives more)"],
  ["BOOT_FAIL", "its node did not start"],
  ["NODE_FAIL", "its node failed"],
  ["PREEMPTED", "it was preempted"],
  ["REVOKED", "it was revoked"],
]);
const BLAMELESS = ["BOOT_FAIL", "NODE_FAIL", "PREEMPTED", "REVOKED"];

/**
 * Whether there is a Slurm.
 *
 * @returns how many tasks one array may have
 * @throws RpBenchError EXECUTOR_UNAVAILABLE where it is absent or does not answer
 */
export async function probeSlurm(): Promise<number> {
  const answer = await runProgram("scontrol", ["show", "config"]);
  if (answer === null) {
    const remedy = "give the command on a machine that submits to Slurm, or load its module there first";
    throw new RpBenchError("EXECUTOR_UNAVAILABLE", `--executor slurm: Slurm is not here; ${remedy}`);
  }
  if (answer.code !== 0) {
    const remedy = "ask it with `scontrol ping`, and give the same command again when it answers";
    const what = `--executor slurm: Slurm does not answer (${answer.complaint}); ${remedy}`;
    throw new RpBenchError("EXECUTOR_UNAVAILABLE", what);
  }
  const longest = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(answer.stdout)?.[1] ?? USUAL_ARRAY);
  return Math.max(1, Math.min(MOST_TASKS, longest));
}

export class Slurm implements Scheduler {
  readonly title = "Slurm";
  readonly outlives = true;
  private readonly prefix: string;
  private readonly told = new Set<string>();

  constructor(
    private readonly options: SlurmOptions,
    readonly mostTasks: number,
  ) {
    this.prefix = `rp-bench-${options.study.id}-`;
  }

  async submit(batch: Batch): Promise<"accepted" | "unknown" | { full: string }> {
    const { signal } = this.options;
    const how = { input: this.scriptOf(batch), signal, until: TRIES_AGAIN };
    const answer = await runProgram("sbatch", this.argsOf(batch), how);
    if (answer?.code === 0) return "accepted";
    const complaint = answer?.complaint ?? "sbatch is gone";
    if (FULL.test(complaint)) return { full: complaint };
    if (!answer || answer.code === null || UNREACHABLE.test(complaint)) return "unknown";
    const args = this.options.args.length > 0 ? `; look at ${this.options.args.map(flagged).join(" ")}` : "";
    throw new RpBenchError("EXECUTOR_REFUSED", `Slurm refuses the tasks: ${complaint}${args}`);
  }

  async tasks(): Promise<Map<number, TaskState> | null> {
    const rows = await this.rows(this.options.signal);
    if (typeof rows === "string") return null;
    const states = new Map<number, TaskState>();
    for (const { number, state, reason } of rows) {
      // After it was queued again, what it was before is shown no more; several rows have the live one.
      const before = states.get(number)?.kind;
      if (before === "waiting" || before === "running" || before === "ending") continue;
      states.set(number, stateOf(state));
      if (state === "PENDING" && HOPELESS.test(reason)) this.tellHopeless(reason);
    }
    return states;
  }

  async cancel(): Promise<void> {
    const rows = await this.rows();
    if (typeof rows === "string") throw new Error(rows);
    const jobs = [...new Set(rows.filter(({ state }) => !isEnd(state)).map(({ job }) => job))];
    if (jobs.length === 0) return;
    const answer = await runProgram("scancel", jobs);
    if (answer?.code !== 0) throw new Error(answer?.complaint ?? "scancel is gone");
  }

  /** The study's tasks among the user's; a complaint where Slurm does not answer. */
  private async rows(signal?: AbortSignal) {
    const args = ["--noheader", "--array", "--states=all", `--user=${userName()}`, "--format=%i|%j|%T|%r"];
    const answer = await runProgram("squeue", args, { signal });
    if (answer?.code !== 0) return answer?.complaint ?? "squeue is gone";
    return answer.stdout.split("\n").flatMap((line) => {
      const [id = "", name = "", state = "", reason = ""] = line.split("|");
      const [job = "", index] = id.split("_");
      const first = Number(name.slice(this.prefix.length));
      if (!name.startsWith(this.prefix) || !Number.isInteger(first)) return [];
      return [{ job, number: first + Number(index ?? 0), state, reason }];
    });
  }

  private tellHopeless(reason: string): void {
    if (this.told.has(reason)) return;
    this.told.add(reason);
    const remedy = "see `squeue --me`; until that changes, the study waits for them";
    this.options.warn(`Slurm does not start tasks of this study: ${reason}; ${remedy}`);
  }

  private argsOf({ first, count, alone }: Batch): string[] {
    const { args, jobs, timeoutSeconds, logPath } = this.options;
    const atATime = jobs === null ? "" : `%${jobs}`;
    const log = logPath(first, "\0").replaceAll("%", "%%").replace("\0", "%a");
    return [
      ...["--parsable", "--requeue", "--open-mode=append", `--job-name=${this.prefix}${first}`],
      ...[`--array=0-${count - 1}${atATime}`, `--output=${log}`],
      ...(timeoutSeconds === null ? [] : [`--time=${Math.ceil(timeoutSeconds / 60) + MARGIN_MINUTES}`]),
      ...args,
      ...(alone ? ["--exclusive"] : []),
      ...(alone?.host ? [`--nodelist=${alone.host}`] : []),
    ];
  }

  private scriptOf({ first }: Batch): string {
    const { setup, study } = this.options;
    const task = `"$((${first} + SLURM_ARRAY_TASK_ID))"`;
    return ["#!/bin/bash", ...setup, `exec ${workerCommand(study.path, task)}`, ""].join("\n");
  }
}

function isEnd(state: string): boolean {
  return state === "COMPLETED" || ENDED.has(state);
}

function stateOf(state: string): TaskState {
  if (state === "COMPLETED") return { kind: "done" };
  const how = ENDED.get(state);
  if (how !== undefined) {
    const cause = BLAMELESS.includes(state) ? "surroundings" : state === "CANCELLED" ? "cancelled" : "task";
    return { kind: "ended", how, cause };
  }
  if (state === "COMPLETING") return { kind: "ending" };
  return { kind: state === "RUNNING" ? "running" : "waiting" };
}

/** An account that has no name is known by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
}

function flagged(arg: string): string {
  return `--slurm-arg=${arg}`;
}
