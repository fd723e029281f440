import { readFileSync, rmSync, writeFileSync } from "node:fs";

/**
 * Takes a lock file that holds this process's number; one left by a process that is gone does not count.
 *
 * @returns null, or the number of the process that has it
 */
export function takeLock(path: string): number | null {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return null;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const owner = ownerOf(path);
      if (owner !== null && isAlive(owner)) return owner;
      rmSync(path, { force: true });
    }
  }
}

export function releaseLock(path: string): void {
  rmSync(path, { force: true });
}

function ownerOf(path: string): number | null {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return null; // released meanwhile
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
