// Whether a container's share of the processor was used up. The kernel then lets none of its threads run until the next
// period, and what is measured is when that came.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { controlGroups } from "../processors.js";

/** Periods since the container began in which the processor was used, and those of them in which the share ran out. */
export interface Periods {
  all: number;
  throttled: number;
}

/**
 * Of this process's control groups and those around them; none where the system has none.
 *
 * @param root as of processorQuota
 */
export function throttledPeriods(root = "/"): Periods {
  const sum: Periods = { all: 0, throttled: 0 };
  for (const { folder } of controlGroups(root)) {
    const text = textOf(join(folder, "cpu.stat"));
    const count = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
    sum.all += count("nr_periods");
    sum.throttled += count("nr_throttled");
  }
  return sum;
}

/** The share of periods between two readings in which the processor's share ran out. */
export function throttledShare(before: Periods, after: Periods): number {
  const all = after.all - before.all;
  return all > 0 ? (after.throttled - before.throttled) / all : 0;
}

/** "" where the system has no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
