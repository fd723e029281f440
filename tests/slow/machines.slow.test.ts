// The program on machines that differ from the one at hand, at length: containers and kills, no hard links, wrong clocks,
// disks that are full at any point, a machine that sleeps, a processor that is shared.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { rpBench, sharedFolder, start, temporaryFolder } from "../support/cli.js";
import { CONTAINER, clockShifted, Disk, hasContainers, withoutLinks } from "../support/machines.js";
import { childrenOf } from "../support/processes.js";
import {
  expectFinished,
  expectRun,
  killAgainAndAgain,
  SMALL_RUN,
  tablesWithoutTimes,
  writeStudy,
} from "../support/study.js";

const folder = sharedFolder();
const config = writeStudy(folder);
const run = (out: string) => ["run", ...SMALL_RUN, "--out", out];
const sweep = (out: string) => ["sweep", config, "--out", out];
const undisturbed = { run: join(folder, "run"), study: join(folder, "study") };
let tables: string;
beforeAll(async () => {
  expect((await rpBench(run(undisturbed.run))).code).toBe(0);
  expect((await rpBench(sweep(undisturbed.study))).code).toBe(0);
  tables = tablesWithoutTimes(undisturbed.study);
});

describe.runIf(hasContainers)("two containers with one folder", () => {
  it("make a study as if undisturbed through 120 SIGKILLs at random moments", async () => {
    const out = join(temporaryFolder(), "study");
    const kills = (seed: number) => killAgainAndAgain(sweep(out), 60, { seed, through: CONTAINER });
    const [one, other] = await Promise.all([kills(1), kills(2)]);
    expect(Math.min(one, other)).toBeGreaterThan(30);
    const last = [1, 2].map(() => rpBench(sweep(out), { through: CONTAINER }));
    for (const finished of await Promise.all(last)) expectFinished(finished, out, tables);
  });

  it("take over a run once its container has ended", async () => {
    const out = join(temporaryFolder(), "results");
    const long = [...run(out), "--epochs", "800"];
    const first = start(long, { through: CONTAINER });
    await first.stderrHas("(step 0)");
    const second = start(long, { through: CONTAINER });
    expect((await second.finished).code).toBe(2);
    first.child.kill("SIGKILL");
    await first.finished;
    const { code, stderr } = await rpBench(long, { through: CONTAINER });
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /warning: .*\.lock: process \d+ of another container on .* has it; 20 s without a sign/,
    );
  });
});

it("loses nothing of a run to 80 SIGKILLs at random moments", async () => {
  const out = join(temporaryFolder(), "results");
  expect(await killAgainAndAgain(run(out), 80, { begun: "(step 0)" })).toBeGreaterThan(40);
  expectRun(await rpBench(run(out)), out, undisturbed.run);
});

describe("a disk that is full at a random point", () => {
  const random = xoroshiro128plus(14);
  it.each(Array.from({ length: 12 }, (_, index) => [index]))("costs one line, try %i", async (index) => {
    const kilobytes = 4 * uniformInt(random, 4, index % 2 ? 40 : 90);
    const disk = Disk.mount(kilobytes);
    if (!disk) return;
    const out = join(disk.path, "results");
    const command = index % 2 ? sweep(out) : run(out);
    const { code, stderr } = await rpBench(command);
    const errors = stderr.split("\n").filter((line) => /^rp-bench: (?!warning)/.test(line));
    expect([kilobytes, code, errors.length]).toEqual([kilobytes, code === 0 ? 0 : 1, code === 0 ? 0 : 1]);
    for (const line of errors) expect(line).toMatch(/cannot be written \(ENOSPC.*free the disk/);
    disk.resize(20_000);
    const last = await rpBench(command);
    if (index % 2) expectFinished(last, out, tables);
    else expectRun(last, out, undisturbed.run);
  });
});

describe.runIf(withoutLinks)("other file systems and clocks", () => {
  it.each([
    ["without hard links", withoutLinks],
    ["with the clock 60 s ahead", clockShifted(60)],
    ["with the clock 60 s behind", clockShifted(-60)],
  ])("%s leave the same, also through kills", async (_, env) => {
    const out = temporaryFolder();
    const [ran, studied] = [join(out, "run"), join(out, "study")];
    await killAgainAndAgain(run(ran), 10, { begun: "(step 0)", env });
    expectRun(await rpBench(run(ran), { env }), ran, undisturbed.run);
    await killAgainAndAgain(sweep(studied), 10, { env });
    const both = await Promise.all([rpBench(sweep(studied), { env }), rpBench(sweep(studied))]);
    for (const one of both) expectFinished(one, studied, tables);
  });
});

it("does not count the time that all its processes were stopped", async () => {
  const out = join(temporaryFolder(), "study");
  const datasets = [{ name: "mnist", layerSizes: [784, 32, 784], tuningEpochs: 40, finalSeeds: 1 }];
  const optimizers = [{ name: "sgd", learningRates: [1] }];
  const one = writeStudy(
    folder,
    { datasets, optimizers, trainLimit: 2000, epochs: 40, mostRates: 1 },
    "one.json",
  );
  const { child, finished, stderrHas } = start([
    "sweep",
    one,
    "--out",
    out,
    "--jobs",
    "2",
    "--timeout",
    "12",
  ]);
  await stderrHas("runs are made");
  while (!readdirSync(join(out, "runs")).some((name) => name.endsWith(".draft"))) await sleep(20);
  await sleep(500);
  const all = [child.pid ?? 0, ...childrenOf(child.pid)];
  expect(all.length).toBeGreaterThan(1);
  for (const pid of all) process.kill(pid, "SIGSTOP");
  await sleep(15_000);
  for (const pid of all.reverse()) process.kill(pid, "SIGCONT");
  const { code, stderr } = await finished;
  expect(stderr).not.toContain("timed_out");
  expect(code).toBe(0);
  const records = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".json"));
  const seconds = records.map(
    (name) => JSON.parse(readFileSync(join(out, "runs", name), "utf8")).trainingSeconds,
  );
  expect(Math.max(...seconds)).toBeLessThan(12);
});

/** A control group with a share of the processor, which goes away with the test; null where none can be made. */
function groupWithQuota(share: number): string | null {
  const name = `rp-bench-test-${process.pid}`;
  const [tree, file, text] = existsSync("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
    ? ["/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", String(share * 100_000)]
    : ["/sys/fs/cgroup", "cpu.max", `${share * 100_000} 100000`];
  const group = join(tree, name);
  try {
    mkdirSync(group);
    onTestFinished(() => rmdirSync(group));
    writeFileSync(join(group, file), text);
    return group;
  } catch {
    return null;
  }
}

it("finds no regression with a quarter of a processor", async (test) => {
  const group = groupWithQuota(0.25);
  if (!group) return test.skip();
  const through = ["sh", "-c", `echo $$ > ${group}/cgroup.procs && exec "$@"`, "sh"];
  const baseline = join(temporaryFolder(), "baseline");
  expect((await rpBench(["check", "--baseline", baseline, "--update-baseline"])).code).toBe(0);
  const { code, stdout } = await rpBench(["check", "--baseline", baseline], { through });
  expect(stdout).toMatch(
    /times do not count here: the share of the processor .* ran out in \d+ % of the time/,
  );
  expect(code).toBe(0);
});
