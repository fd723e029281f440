// Whether a container's share of the processor was used up. The kernel then lets none of its threads run until the next
// period, and what is measured is when that came.

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Periods since the container began in which the processor was used, and those of them in which the share ran out. */
export interface Periods {
  all: number;
  throttled: number;
}

/** Of this process's control groups and all above them; none where the system has none. */
export function throttledPeriods(proc = "/proc/self"): Periods {
  const sum: Periods = { all: 0, throttled: 0 };
  for (const folder of groupFolders(proc)) {
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

/** Version 1 of control groups has a tree for the processor, version 2 one for everything. */
function groupFolders(proc: string): string[] {
  const paths = linesOf(join(proc, "cgroup")).map((line) => {
    const [, controllers = "", ...path] = line.split(":");
    return { controllers: controllers.split(","), path: path.join(":") };
  });
  return linesOf(join(proc, "mountinfo")).flatMap((line) => {
    const [own, type] = line.split(" - ").map((part) => part.split(" "));
    const [root = "/", point = ""] = own?.slice(3, 5) ?? [];
    const wanted = type?.[0] === "cgroup2" ? "" : type?.[0] === "cgroup" ? "cpu" : null;
    if (wanted === null || (wanted && !type?.at(-1)?.split(",").includes(wanted))) return [];
    const path = paths.find(({ controllers }) => controllers.includes(wanted))?.path;
    if (path === undefined) return [];
    // Inside a container the mount may begin at its own group, or below it.
    const below = relative(root, path);
    let at = join(point, below.startsWith("..") ? "" : below);
    const folders = [at];
    while (at.length > point.length) {
      at = dirname(at);
      folders.push(at);
    }
    return folders;
  });
}

function linesOf(path: string): string[] {
  return textOf(path).split("\n").filter(Boolean);
}

/** "" where the system has no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
