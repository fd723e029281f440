import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { throttledPeriods, throttledShare } from "../../src/check/throttling.js";
import { temporaryFolder } from "../support/cli.js";

/** What the system tells a process, for files that one writes oneself. */
function system(cgroup: string, mountinfo: string, stats: Record<string, string>) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "proc", "self"), { recursive: true });
  writeFileSync(join(folder, "proc", "self", "cgroup"), cgroup);
  writeFileSync(join(folder, "proc", "self", "mountinfo"), mountinfo);
  for (const [path, text] of Object.entries(stats)) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, "cpu.stat"), text);
  }
  return throttledPeriods(folder);
}
const stat = (all: number, throttled: number) =>
  `usage_usec 1\nnr_periods ${all}\nnr_throttled ${throttled}\nthrottled_usec 5\n`;

it("counts the group and those above it, of version 2", () => {
  const mount = `24 1 0:22 / /proc rw - proc proc rw\n30 1 0:28 / /sys rw,nosuid shared:4 - cgroup2 cgroup2 rw\n`;
  const stats = {
    sys: "usage_usec 1\n",
    "sys/a": stat(7, 3),
    "sys/a/b": stat(40, 10),
    "sys/a/b/c": stat(9, 9),
  };
  expect(system("0::/a/b\n", mount, stats)).toEqual({ all: 47, throttled: 13 });
});

it("reads the processor's tree of version 1, beside others", () => {
  const mount = `31 1 0:29 / /cpu rw - cgroup cgroup rw,cpu,cpuacct\n32 1 0:30 / /mem rw - cgroup cgroup rw,memory\n`;
  const stats = { "cpu/x": stat(5, 1), "mem/y": stat(100, 100) };
  expect(system("4:memory:/y\n3:cpu,cpuacct:/x\n0::/\n", mount, stats)).toEqual({ all: 5, throttled: 1 });
});

it("takes the mount itself where it begins inside the container", () => {
  const mount = `30 1 0:28 /docker/1f /sys rw - cgroup2 cgroup2 rw\n`;
  expect(system("0::/docker/1f\n", mount, { sys: stat(8, 2) })).toEqual({ all: 8, throttled: 2 });
  expect(system("0::/elsewhere\n", mount, { sys: stat(8, 2) })).toEqual({ all: 8, throttled: 2 });
});

it("finds nothing where there are no groups", () => {
  expect(throttledPeriods(temporaryFolder())).toEqual({ all: 0, throttled: 0 });
  expect(throttledShare({ all: 5, throttled: 1 }, { all: 5, throttled: 1 })).toBe(0);
  expect(throttledShare({ all: 5, throttled: 1 }, { all: 25, throttled: 11 })).toBe(0.5);
});
