import { readFileSync } from "node:fs";
import { isErrno } from "../errors.js";

/**
 * A live process's number and, where the system tells, its start time, so that a number used again by another process
 * does not count; "" for one that is gone, or has ended and waits to be reaped.
 */
export function processIdentity(pid: number): string {
  if (!Number.isInteger(pid) || pid <= 0) return "";
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isErrno(error, "EPERM")) return "";
  }
  try {
    // Fields 3 and 22, counted after the name in parentheses, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ") ?? [];
    return fields[0] === "Z" || fields[0] === "X" ? "" : `${pid} ${fields[19]}`;
  } catch {
    return String(pid);
  }
}
