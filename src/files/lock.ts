// A lock is a file that names the process that has it, by number and start time, so that a number used again by another
// process does not count. It appears whole, by a link, and a dead one is moved aside by whoever looks first.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isErrno } from "../errors.js";
import { writing } from "./files.js";
import { processIdentity } from "./processes.js";

/**
 * Takes a lock.
 *
 * @returns null, or the number of the live process that has it
 */
export function takeLock(path: string): number | null {
  const mine = `${path}.${process.pid}`;
  try {
    writing(mine, () => writeFileSync(mine, processIdentity(process.pid)));
    for (;;) {
      try {
        linkSync(mine, path);
        return null;
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
      }
      const owner = read(path);
      if (owner === null) continue; // released meanwhile
      const pid = Number(owner.split(" ")[0]);
      // Empty after a loss of power; nobody's.
      if (owner !== "" && processIdentity(pid) === owner) return pid;
      moveAside(path, owner, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Gives back a lock that this process has. */
export function releaseLock(path: string): void {
  if (read(path) === processIdentity(process.pid)) rmSync(path, { force: true });
}

/** Removes a dead lock; if another process put a live one there in between, puts that back. */
function moveAside(path: string, dead: string, aside: string): void {
  try {
    renameSync(path, aside);
    const moved = read(aside);
    if (moved !== null && moved !== dead) linkSync(aside, path);
  } catch {
    // Somebody else was first; the caller looks again.
  }
  rmSync(aside, { force: true });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}
