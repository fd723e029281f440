import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Of a process that runs; null of one that does not, or has ended and waits to be reaped. */
function parentOf(pid: number): number | null {
  try {
    const [state, parent] = (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop() ?? "").split(" ");
    return state === "Z" ? null : Number(parent);
  } catch {
    return null;
  }
}

export function isAlive(pid: number): boolean {
  return parentOf(pid) !== null;
}

/** Numbers of the processes that one has started and that live. */
export function childrenOf(pid: number | undefined): number[] {
  const running = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return running.map(Number).filter((one) => parentOf(one) === pid);
}

/** The first child of a process but for one, when there is one. */
export async function childOf(pid: number | undefined, other = 0): Promise<number> {
  for (;;) {
    const child = childrenOf(pid).find((one) => one !== other);
    if (child !== undefined) return child;
    await sleep(5);
  }
}
