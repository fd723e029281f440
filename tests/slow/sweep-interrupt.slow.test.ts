// A study survives whatever ends it: 20 kills at random moments, a killed worker, a full disk, an interruption.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { root, rpBench, sharedFolder, start, temporaryFolder } from "../support/cli.js";
import { childOf, childrenOf, isAlive } from "../support/processes.js";
import { expectFinished, killAgainAndAgain, tablesWithoutTimes, writeStudy } from "../support/study.js";

const folder = sharedFolder();
const config = writeStudy(folder);
/** Tables of a study that nothing disturbed. */
let undisturbed: string;
beforeAll(async () => {
  const out = join(folder, "undisturbed");
  expect((await rpBench(["sweep", config, "--out", out, "--quiet"])).code).toBe(0);
  undisturbed = tablesWithoutTimes(out);
});

it("is byte-equal, times aside, after 20 SIGKILLs at random moments", { timeout: 180_000 }, async () => {
  const out = join(temporaryFolder(), "study");
  expect(await killAgainAndAgain(["sweep", config, "--out", out], 20)).toBeGreaterThanOrEqual(18);
  expectFinished(await rpBench(["sweep", config, "--out", out]), out, undisturbed);
});

it("makes each run once where two commands work in one folder", async () => {
  const out = join(temporaryFolder(), "study");
  const args = ["sweep", config, "--out", out];
  const both = await Promise.all([rpBench(args), rpBench(args)]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(tablesWithoutTimes(out)).toBe(undisturbed);
  expect(both[0].stdout).toBe(both[1].stdout);
  const runs = readdirSync(join(out, "runs"));
  expect(runs.filter((name) => name.endsWith(".csv"))).toHaveLength(runs.length / 2);
});

it("loses one attempt at one run when a worker is killed", async () => {
  const out = join(temporaryFolder(), "study");
  const { child, finished, stderrHas } = start(["sweep", config, "--out", out, "--jobs", "1"]);
  await stderrHas("lr1-seed1000 (tuning)");
  process.kill(await childOf(child.pid), "SIGKILL");
  const { code, stderr } = await finished;
  expect(stderr).toMatch(
    /warning: mnist-rp-lr1-seed1001: its process ended by SIGKILL; it is tried once more/,
  );
  expect(code).toBe(0);
  expect(tablesWithoutTimes(out)).toBe(undisturbed);
});

it("reports a run whose worker crashes twice, goes on, and makes it when started again", async () => {
  const out = join(temporaryFolder(), "study");
  const { child, finished, stderrHas } = start(["sweep", config, "--out", out, "--jobs", "1"]);
  await stderrHas("lr1-seed1000 (tuning)");
  const first = await childOf(child.pid);
  process.kill(first, "SIGKILL");
  process.kill(await childOf(child.pid, first), "SIGKILL");
  const { code, stderr } = await finished;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /mnist-rp-lr1-seed1001: failed \(its process ended by SIGKILL, twice\); the same command tries it/,
  );
  const record = JSON.parse(readFileSync(join(out, "runs", "mnist-rp-lr1-seed1001.json"), "utf8"));
  expect(record).toMatchObject({ status: "failed", lastFiniteLoss: null, role: "tuning" });
  expect((await rpBench(["sweep", config, "--out", out, "--quiet"])).code).toBe(0);
  expect(tablesWithoutTimes(out)).toBe(undisturbed);
});

it("ends a run that holds after --timeout, and goes on with the others", async () => {
  const out = join(temporaryFolder(), "study");
  const args = ["sweep", config, "--out", out, "--jobs", "1", "--timeout", "5"];
  const { child, finished, stderrHas } = start(args);
  await stderrHas("lr1-seed1000 (tuning)");
  process.kill(await childOf(child.pid), "SIGSTOP");
  const { code, stderr } = await finished;
  expect(code).toBe(1);
  const [, held] = /(mnist-rp-\S+): timed_out \(it took more than 5 s\)/.exec(stderr) ?? [];
  const record = JSON.parse(readFileSync(join(out, "runs", `${held}.json`), "utf8"));
  expect(record).toMatchObject({ status: "timed_out", trainingSeconds: 0, medianStepMilliseconds: null });
  expect(stderr).toMatch(/mnist-sgd-\S+ \(final\): done/);
  expect((await rpBench(["sweep", config, "--out", out, "--quiet"])).code).toBe(0);
  expect(tablesWithoutTimes(out)).toBe(undisturbed);
});

it("says so where every run fails, with nothing to draw", async () => {
  const out = join(temporaryFolder(), "study");
  const one = writeStudy(folder, { optimizers: [{ name: "sgd", learningRates: [1] }] }, "one.json");
  const { child, finished } = start(["sweep", one, "--out", out, "--jobs", "1"]);
  let last = 0;
  for (let kill = 0; kill < 4; kill++) {
    last = await childOf(child.pid, last);
    process.kill(last, "SIGKILL");
  }
  const { code, stdout, stderr } = await finished;
  expect(code).toBe(1);
  expect(stderr).toContain("rp-bench: mnist: no rate of SGD held for every tuning seed");
  expect(stderr.match(/failed \(its process ended by SIGKILL, twice\)/g)).toHaveLength(2);
  expect(stdout).toMatch(/SGD +none held/);
});

it("is interrupted with exit code 130, leaves no process behind, and goes on", async () => {
  const out = join(temporaryFolder(), "study");
  const { child, finished, stderrHas } = start(["sweep", config, "--out", out]);
  await stderrHas("(tuning): done");
  const workers = childrenOf(child.pid);
  expect(workers.length).toBeGreaterThan(0);
  child.kill("SIGINT");
  const { code, stderr } = await finished;
  expect(code).toBe(130);
  expect(stderr).toMatch(
    /interrupted; the same command with --out \S+ goes on; what is logged is drawn by: rp-bench plot \S+\n$/,
  );
  await sleep(100);
  for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow();
  expect((await rpBench(["sweep", config, "--out", out, "--quiet"])).code).toBe(0);
  expect(tablesWithoutTimes(out)).toBe(undisturbed);
});

it("lets workers end when their parent is killed, in the middle of long runs", async () => {
  const datasets = [{ name: "mnist", layerSizes: [784, 16, 784], tuningEpochs: 1000 }];
  const long = writeStudy(folder, { datasets, trainLimit: null, epochs: 1000 }, "long.json");
  const { child, finished, stderrHas } = start(["sweep", long, "--out", join(temporaryFolder(), "study")]);
  await stderrHas("runs are made");
  await childOf(child.pid, await childOf(child.pid));
  const workers = childrenOf(child.pid);
  await sleep(1000);
  child.kill("SIGKILL");
  await finished;
  const alive = () => workers.filter(isAlive);
  for (let wait = 0; wait < 100 && alive().length > 0; wait++) await sleep(50);
  expect(alive()).toEqual([]);
});

it("names damaged results, sets them aside and makes their runs again", async () => {
  const out = join(temporaryFolder(), "study");
  expect((await rpBench(["sweep", config, "--out", out, "--quiet"])).code).toBe(0);
  const runs = join(out, "runs");
  const cut = join(runs, "mnist-rp-lr1-seed1000.json");
  writeFileSync(cut, readFileSync(cut, "utf8").slice(0, 40));
  const changed = join(runs, "mnist-adam-lr0.001-seed1001.csv");
  const log = readFileSync(changed, "utf8");
  writeFileSync(
    changed,
    log.replace(/(\d)\n$/, (_, digit: string) => `${(Number(digit) + 1) % 10}\n`),
  );
  rmSync(join(runs, "mnist-sgd-lr1-seed1000.csv"));
  const { code, stderr } = await rpBench(["sweep", config, "--out", out]);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /rp-lr1-seed1000\.json: not JSON .*; set aside as \S+\.json\.damaged and \S+\.csv\.damaged, the run is made again/,
  );
  expect(stderr).toMatch(
    /adam-lr0\.001-seed1001\.csv: is not the log that its record was written for; set aside/,
  );
  expect(stderr).toMatch(/sgd-lr1-seed1000\.csv: is missing beside its record; set aside/);
  expect(readdirSync(runs).filter((name) => name.endsWith(".damaged"))).toHaveLength(5);
  expect(readFileSync(changed, "utf8").length).toBeGreaterThan(100);
  expect(tablesWithoutTimes(out)).toBe(undisturbed);
});

it("ends with one line on a full disk, loses nothing, and goes on when there is room", async (test) => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const mount = (options: string) =>
    spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", disk]).status === 0;
  if (!mount("size=64k")) test.skip();
  try {
    const out = join(disk, "study");
    const { code, stderr } = await rpBench(["sweep", config, "--out", out]);
    expect(code).toBe(1);
    const complaint = stderr.split("\n").filter((line) => line.startsWith("rp-bench: "));
    expect(complaint).toHaveLength(1);
    expect(complaint[0]).toMatch(/cannot be written \(ENOSPC.*free the disk, the same command then goes on/);
    expect(spawnSync("mount", ["-o", "remount,size=20m", disk]).status).toBe(0);
    expect((await rpBench(["sweep", config, "--out", out, "--quiet"])).code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(undisturbed);
  } finally {
    spawnSync("umount", [disk]);
  }
});

it("draws a line a job and one for all on a terminal", () => {
  const out = join(temporaryFolder(), "study");
  const args = [join(root, "bin", "rp-bench.js"), "sweep", config, "--out", out, "--jobs", "2"];
  const python = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
  const { status, stdout } = spawnSync("python3", ["-c", python, process.execPath, ...args], {
    encoding: "utf8",
    env: { ...process.env, COLUMNS: "100" },
  });
  expect(status).toBe(0);
  const text = stripVTControlCharacters(stdout);
  expect(text).toMatch(/\[[█░]+\] mnist-rp-lr1-seed1000 \| loss/);
  expect(text).toMatch(/\[[█░]+\] mnist-\S+ \| loss 0\.\d+/);
  expect(text).toMatch(/\[[█░]+\] \d+ of about \d+ runs \| \d+ s left/);
  expect(text).not.toMatch(/\(tuning\): done/);
  expect(stdout.lastIndexOf("\u001b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\u001b[?25l"));
});
