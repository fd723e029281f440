// A lock is a file that names the process that has it, by number and start time, so that a number used again by another
// process does not count. It appears whole, by a link, and a dead one is moved aside by whoever looks first.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isErrno } from "./files.js";

/**
 * Takes a lock.
 *
 * @returns null, or the number of the live process that has it
 */
export function takeLock(path: string): number | null {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, identityOf(process.pid));
  try {
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
      if (identityOf(pid) === owner) return pid;
      moveAside(path, owner, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Gives back a lock that this process has. */
export function releaseLock(path: string): void {
  if (read(path) === identityOf(process.pid)) rmSync(path, { force: true });
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

/** A live process's number and, where the system tells, its start time; "" for one that is gone. */
function identityOf(pid: number): string {
  if (!Number.isInteger(pid) || pid <= 0) return "";
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isErrno(error, "EPERM")) return "";
  }
  try {
    // Field 22, counted after the name in parentheses, which may hold anything.
    return `${pid} ${readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ")[19]}`;
  } catch {
    return String(pid);
  }
}
