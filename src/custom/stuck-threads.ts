// Node ends a thread that computes, but waits for one that is held by the system (a child process that it waits for, a
// read that never returns), and at its own end waits for all threads. A user's optimizer must not keep a command so.

import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";

const ending = new Map<Worker, Promise<unknown>>();
/** One that computes ends within a few milliseconds. */
const LONGEST_MILLISECONDS = 2000;

/** Ends a thread; should it not end, the process will not wait for it for long. */
export function endThread(worker: Worker): void {
  if (ending.size === 0) process.on("exit", leave);
  const ended = worker.terminate().finally(() => {
    ending.delete(worker);
    if (ending.size === 0) process.off("exit", leave);
  });
  ending.set(worker, ended);
}

/** Waits for the threads that are being ended, before the process ends; without it, it ends at once. */
export async function threadsEnded(): Promise<void> {
  const wait = new AbortController();
  const longest = sleep(LONGEST_MILLISECONDS, undefined, { signal: wait.signal }).catch(() => {});
  await Promise.race([Promise.all(ending.values()), longest]);
  wait.abort();
}

/** With a thread that does not end, only a signal ends the process: that of its exit code, or else one that does it. */
function leave(code: number): void {
  if (code === 130) {
    process.removeAllListeners("SIGINT");
    process.kill(process.pid, "SIGINT");
  }
  process.kill(process.pid, "SIGKILL");
}
