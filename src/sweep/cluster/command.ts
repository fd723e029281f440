// Any program that runs a command line: one process of it for each task, which lasts as long as the task does.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.js";
import type { Batch, Scheduler, TaskState } from "./scheduler.js";
import { workerCommand } from "./worker-command.js";

/** What stands for a task's command line. */
export const PLACEHOLDER = "{task}";

export interface CommandOptions {
  study: string;
  logPath(first: number, index: number): string;
  /** For a shell, with the placeholder. */
  template: string;
  /** At a time. */
  jobs: number;
}

/** How long tasks may take to end. */
const PATIENCE_MILLISECONDS = 10_000;
const LOOK_MILLISECONDS = 50;

export class CommandScheduler implements Scheduler {
  readonly title = "The command of --submit";
  readonly mostTasks = 1000;
  readonly outlives = false;
  private readonly waiting: { number: number; log: string }[] = [];
  private readonly running = new Map<number, ChildProcess>();
  private readonly ended = new Map<number, TaskState>();

  constructor(private readonly options: CommandOptions) {}

  async submit({ first, count }: Batch): Promise<"accepted"> {
    for (let index = 0; index < count; index++)
      this.waiting.push({ number: first + index, log: this.options.logPath(first, index) });
    this.fill();
    return "accepted";
  }

  async tasks(): Promise<Map<number, TaskState>> {
    const states = new Map(this.ended);
    for (const { number } of this.waiting) states.set(number, { kind: "waiting" });
    for (const number of this.running.keys()) states.set(number, { kind: "running" });
    return states;
  }

  async cancel(): Promise<void> {
    this.waiting.length = 0;
    this.signal("SIGTERM");
    for (let waited = 0; waited < PATIENCE_MILLISECONDS && this.running.size > 0; waited += LOOK_MILLISECONDS)
      await sleep(LOOK_MILLISECONDS);
    this.signal("SIGKILL");
  }

  private fill(): void {
    while (this.running.size < this.options.jobs) {
      const next = this.waiting.shift();
      if (!next) return;
      this.start(next.number, next.log);
    }
  }

  private start(number: number, log: string): void {
    const line = this.options.template.replaceAll(
      PLACEHOLDER,
      () => workerCommand(this.options.study, String(number)), // a function: the text may hold $&
    );
    let child: ChildProcess;
    try {
      const file = openSync(log, "a");
      // A group of its own, so that a signal reaches all that it starts.
      child = spawn("/bin/sh", ["-c", line], { stdio: ["ignore", file, file], detached: true });
      closeSync(file);
    } catch (error) {
      const how = `its log cannot be written (${messageOf(error)})`;
      this.ended.set(number, { kind: "ended", how, cause: "task" });
      return;
    }
    this.running.set(number, child);
    const end = (how: string | null) => {
      if (!this.running.delete(number)) return;
      this.ended.set(number, how === null ? { kind: "done" } : { kind: "ended", how, cause: "task" });
      this.fill();
    };
    child.on("error", (error) => end(`no process could be had (${messageOf(error)})`));
    child.on("exit", (code, signal) => {
      if (code === 0) end(null);
      else end(`its command ended ${signal ? `by ${signal}` : `with exit code ${code}`}`);
    });
  }

  private signal(signal: NodeJS.Signals): void {
    for (const { pid } of this.running.values()) {
      try {
        if (pid !== undefined) process.kill(-pid, signal);
      } catch {
        // it has ended meanwhile
      }
    }
  }
}
