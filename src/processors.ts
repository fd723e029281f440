// How many cores this process may use: those it may run on, and no more than a container's quota of processor time pays
// for. Threads beyond a quota do not compute: once a period's time is used up, all of them are stopped until the next.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, posix } from "node:path";

/** At least 1. What threads and jobs are by default. */
export function usableCores(quota: number | null = processorQuota()): number {
  // Not rounded up: with 1.5 cores' time, two threads would stand still for a quarter of it, at the same moments.
  return Math.min(availableParallelism(), Math.max(1, Math.floor(quota ?? Number.POSITIVE_INFINITY)));
}

/**
 * The processors' worth of time that the control groups of this process grant it, all of them together: the least of its
 * own group's and of those around it, as far as they are seen from here. Null where none sets a limit, and where there
 * are no control groups.
 *
 * @param root the folder that holds proc/ and what proc/self/mountinfo names, for tests
 */
export function processorQuota(root = "/"): number | null {
  const quotas = controlGroups(root).flatMap(({ version, folder }) => {
    const grant = (version === 2 ? grantOf2 : grantOf1)(folder);
    return grant === null ? [] : [grant];
  });
  return quotas.length > 0 ? Math.min(...quotas) : null;
}

/** The folders of this process's control groups and of those around them, as far as they may limit processor time. */
export function controlGroups(root = "/"): { version: 1 | 2; folder: string }[] {
  return mountsOf(root).flatMap(({ version, top, group }) => {
    const folders: { version: 1 | 2; folder: string }[] = [];
    for (let folder = posix.join(top, group); ; folder = posix.dirname(folder)) {
      folders.push({ version, folder: join(root, folder) });
      if (folder.length <= top.length) return folders;
    }
  });
}

/** Where a hierarchy of control groups is mounted, and this process's group below it. */
interface Mount {
  version: 1 | 2;
  top: string;
  group: string;
}

/** Of those that may limit processor time. */
function mountsOf(root: string): Mount[] {
  // "0::/group" of version 2, "4:cpu,cpuacct:/group" of version 1
  const groups = linesOf(root, "proc/self/cgroup").map((line) => {
    const [, controllers = "", ...path] = line.split(":");
    return { controllers: controllers.split(","), path: path.join(":") };
  });
  // "31 23 0:28 /root /mount/point options ... - cgroup2 source options"
  return linesOf(root, "proc/self/mountinfo").flatMap((line) => {
    const [before, after = ""] = line.split(" - ");
    const [, , , shown = "/", top = ""] = before.split(" ").map(unescaped);
    const [type, , options = ""] = after.split(" ");
    const version =
      type === "cgroup2" ? 2 : type === "cgroup" && options.split(",").includes("cpu") ? 1 : null;
    if (version === null) return [];
    const own = groups.find(({ controllers }) => controllers.includes(version === 2 ? "" : "cpu"))?.path;
    if (own === undefined) return [];
    // The mount shows the hierarchy from `shown` on; a group that lies elsewhere is not seen, but its top is.
    const below =
      shown === "/" ? own : own === shown || own.startsWith(`${shown}/`) ? own.slice(shown.length) : "";
    const outside = below === "/" || below.split("/").includes("..");
    return [{ version, top, group: outside ? "" : below }];
  });
}

/** "50000 100000": microseconds of each period; "max 100000": no limit. */
function grantOf2(folder: string): number | null {
  const [quota, period] = (linesOf(folder, "cpu.max")[0] ?? "").split(" ").map(Number);
  return grantOf(quota, period);
}

/** −1: no limit. */
function grantOf1(folder: string): number | null {
  const [quota, period] = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((file) =>
    Number(linesOf(folder, file)[0]),
  );
  return grantOf(quota, period);
}

function grantOf(quota: number, period: number): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}

/** None of a file that is not there, as on other systems than Linux. */
function linesOf(folder: string, file: string): string[] {
  try {
    return readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

/** A space in a path is written \040. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
