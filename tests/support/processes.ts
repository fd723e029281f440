import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Numbers of the processes that one has started and that live. */
export function childrenOf(pid: number | undefined): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const [state, parent] = (readFileSync(`/proc/${name}/stat`, "utf8").split(") ").pop() ?? "").split(
          " ",
        );
        return state !== "Z" && Number(parent) === pid;
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number);
}

/** The first child of a process but for one, when there is one. */
export async function childOf(pid: number | undefined, other = 0): Promise<number> {
  for (;;) {
    const child = childrenOf(pid).find((one) => one !== other);
    if (child !== undefined) return child;
    await sleep(5);
  }
}

/** Whether a process runs; one that has ended and waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()?.split(" ")[0];
    return state !== "Z";
  } catch {
    return false;
  }
}
