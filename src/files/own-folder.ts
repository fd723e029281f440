// A folder that one process at a time writes to.

import { setTimeout as sleep } from "node:timers/promises";
import { RpBenchError } from "../errors.js";
import { isDirectory } from "./files.js";
import { holdsLock, STALE_MILLISECONDS, takeLock } from "./lock.js";

/** A lock that another process has is looked at again after so long. */
export const LOCK_MILLISECONDS = 200;

/** Why a folder is refused. */
export function conflict(path: string, what: string): RpBenchError {
  return new RpBenchError("OUTPUT_CONFLICT", `${path}: ${what}; choose another --out`);
}

interface WaitOptions {
  signal: AbortSignal;
  onWait(message: string): void;
  does?: string;
}

/**
 * Takes a folder for this process alone; to be given back with `releaseLock`. A process elsewhere that may be at work is
 * looked at for a while, which `onWait` is told of. `does` says what a process that has the lock is doing.
 *
 * @throws RpBenchError OUTPUT_CONFLICT where another process is at work, INTERRUPTED
 */
export async function takeFolder(
  path: string,
  lock: string,
  { signal, onWait, does = "is writing to it" }: WaitOptions,
): Promise<void> {
  let told = false;
  for (;;) {
    const holder = takeLock(lock);
    if (holder === null) return;
    if (holder.alive) throw conflict(path, `${holder.name} ${does} (${lock})`);
    const until = `${STALE_MILLISECONDS / 1000} s without a sign of life show that it has ended`;
    if (!told) onWait(`${lock}: ${holder.name} has it; ${until}`);
    told = true;
    await sleep(LOCK_MILLISECONDS);
    if (signal.aborted) throw new RpBenchError("INTERRUPTED", "interrupted");
  }
}

/**
 * To be called before each write.
 *
 * @throws RpBenchError OUTPUT_CONFLICT where another process took the folder, as it may while this one stands still
 */
export function requireFolder(path: string, lock: string): void {
  // Where the folder has gone, the write itself says so.
  if (holdsLock(lock) || !isDirectory(path)) return;
  const what = `its lock (${lock}) went to another process while this one stood still, or was removed`;
  throw conflict(path, what);
}
