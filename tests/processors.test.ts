// The quota of processor time, from files as Linux shows them: lines of real containers and services.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { quotaText } from "../src/doctor/machine.js";
import { processorQuota, usableCores } from "../src/processors.js";
import { temporaryFolder } from "./support/cli.js";

/** A folder to stand for "/", with these files. */
function rootWith(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const mount2 = (shown: string, at: string) =>
  `31 23 0:28 ${shown} ${at} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`;
const mount1 = (shown: string, at: string) =>
  `33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n32 31 0:29 ${shown} ${at} rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n`;
const quota1 = (folder: string, quota: number, period: number) => ({
  [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
  [`${folder}/cpu.cfs_period_us`]: `${period}\n`,
});

describe("the quota of control groups, version 2", () => {
  it("is the container's, whose own group is the top of what it sees", () => {
    const files = {
      "proc/self/cgroup": "0::/\n",
      "proc/self/mountinfo": mount2("/", "/sys/fs/cgroup"),
      "sys/fs/cgroup/cpu.max": "150000 100000\n",
    };
    expect(processorQuota(rootWith(files))).toBe(1.5);
  });

  it("is the least on the way from the own group to the top", () => {
    const groups = {
      "proc/self/cgroup": "0::/system.slice/bench.service/worker\n",
      "proc/self/mountinfo": mount2("/", "/sys/fs/cgroup"),
      "sys/fs/cgroup/system.slice/cpu.max": "400000 100000\n",
      "sys/fs/cgroup/system.slice/bench.service/cpu.max": "20000 10000\n",
      "sys/fs/cgroup/system.slice/bench.service/worker/cpu.max": "max 100000\n",
      "sys/fs/cgroup/system.slice/other.service/cpu.max": "1000 100000\n",
    };
    expect(processorQuota(rootWith(groups))).toBe(2);
    const tighter = { ...groups, "sys/fs/cgroup/system.slice/cpu.max": "100000 100000\n" };
    expect(processorQuota(rootWith(tighter))).toBe(1);
  });

  it("is absent where every group says max, and where there are no groups", () => {
    const files = {
      "proc/self/cgroup": "0::/user.slice\n",
      "proc/self/mountinfo": mount2("/", "/sys/fs/cgroup"),
      "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
    };
    expect(processorQuota(rootWith(files))).toBeNull();
    expect(processorQuota(rootWith({}))).toBeNull();
  });

  it("is read at the top where the own group lies outside of what is seen", () => {
    const files = {
      "proc/self/cgroup": "0::/../other\n",
      "proc/self/mountinfo": mount2("/", "/sys/fs/cgroup"),
      "sys/fs/cgroup/cpu.max": "300000 100000\n",
      "sys/fs/other/cpu.max": "100000 100000\n",
    };
    expect(processorQuota(rootWith(files))).toBe(3);
  });
});

describe("the quota of control groups, version 1", () => {
  it("is that of the mount's folder where the mount shows the own group alone", () => {
    const files = {
      "proc/self/cgroup": "5:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n0::/docker/ab\n",
      "proc/self/mountinfo": mount1("/docker/ab", "/sys/fs/cgroup/cpu,cpuacct"),
      ...quota1("sys/fs/cgroup/cpu,cpuacct", 250000, 100000),
    };
    expect(processorQuota(rootWith(files))).toBe(2.5);
  });

  it("is the least on the way up, a quota of -1 being none; a space in a mount's path is written \\040", () => {
    const files = {
      "proc/self/cgroup": "4:cpuacct,cpu:/kubepods/pod1/c1\n",
      "proc/self/mountinfo": mount1("/kubepods", "/sys/fs/c\\040groups/cpu"),
      ...quota1("sys/fs/c groups/cpu", -1, 100000),
      ...quota1("sys/fs/c groups/cpu/pod1", 50000, 50000),
      ...quota1("sys/fs/c groups/cpu/pod1/c1", 90000, 30000),
    };
    expect(processorQuota(rootWith(files))).toBe(1);
  });

  it("counts beside version 2 where a system has both", () => {
    const files = {
      "proc/self/cgroup": "4:cpu:/a\n0::/a\n",
      "proc/self/mountinfo": mount1("/", "/sys/fs/cgroup/cpu") + mount2("/", "/sys/fs/cgroup/unified"),
      ...quota1("sys/fs/cgroup/cpu/a", 200000, 100000),
    };
    expect(processorQuota(rootWith(files))).toBe(2);
  });
});

it("leaves whole cores, at least one, and no more than there are", () => {
  const cores = availableParallelism();
  expect(usableCores(0.3)).toBe(1);
  expect(usableCores(1.9)).toBe(1);
  expect(usableCores(cores + 5)).toBe(cores);
  expect(usableCores(null)).toBe(cores);
  expect(usableCores(processorQuota())).toBe(usableCores());
});

it("is told by the doctor where it is less than the cores", () => {
  expect([quotaText(null, 4), quotaText(4, 4)]).toEqual(["", ""]);
  expect(quotaText(1.5, 4)).toBe("a quota of 1.5 cores' time");
});
