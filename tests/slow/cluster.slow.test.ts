// `rp-bench sweep --executor slurm` makes the tables of one machine on Slurm itself, whatever ends a task, the command, the
// node or Slurm's controller meanwhile. The cluster is one node on this machine.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { root, rpBench, sharedFolder, start, temporaryFolder } from "../support/cli.js";
import { childrenOf } from "../support/processes.js";
import { clusterOrSkip } from "../support/slurm.js";
import { tablesWithoutTimes, writeStudy } from "../support/study.js";

const cluster = await clusterOrSkip(8);
afterAll(() => cluster?.stop());

describe.runIf(cluster)("a study on a cluster", () => {
  if (!cluster) return; // for the compiler: vitest looks at skipped tests, too
  const folder = sharedFolder();
  /** Some seconds a run, so that there is time to disturb it. */
  const datasets = [{ name: "mnist", layerSizes: [784, 64, 784], tuningEpochs: 10, finalSeeds: 2 }];
  const config = writeStudy(folder, {
    datasets,
    epochs: 10,
    evalEvery: 540,
    trainLimit: 12_000,
    mostRates: 2,
  });
  const { env, node } = cluster;
  let undisturbed: string;
  beforeAll(async () => {
    const out = join(folder, "undisturbed");
    expect((await rpBench(["sweep", config, "--out", out, "--quiet"])).code).toBe(0);
    undisturbed = tablesWithoutTimes(out);
  });
  beforeEach(() => cluster.until(() => cluster.tasks().length === 0, "an empty queue"));

  const begin = (...more: string[]) => {
    const out = join(temporaryFolder(), "study");
    const args = ["sweep", config, "--out", out, "--executor", "slurm", ...more];
    return { out, args, ...start(args, { env }) };
  };
  const running = () => cluster.until(() => cluster.tasks("running").length > 3, "running tasks");
  /** Processes of `rp-bench worker` that make this study, with the numbers of their tasks. */
  const tasksAtWork = (out: string) =>
    readdirSync("/proc").flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return words.includes("worker") && words.includes(out)
          ? [{ pid: Number(name), task: words.at(-2) }]
          : [];
      } catch {
        return []; // no process, or one that has ended
      }
    });
  const workers = (out: string) => tasksAtWork(out).map(({ pid }) => pid);

  it("submits nothing twice when its command is killed and given again", async () => {
    const { out, args, child, finished } = begin();
    await running();
    child.kill("SIGKILL");
    await finished;
    await running(); // without a command
    const again = await rpBench(args, { env });
    expect(again.stderr).toMatch(/Slurm has \d+ tasks of this study already; they are followed/);
    expect(again.code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(undisturbed);
    const runs = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".json"));
    expect(readdirSync(join(out, "cluster", "logs"))).toHaveLength(runs.length + 1);
  });

  it("hands a task over once more that was cancelled, one that was killed and one that was ended", async () => {
    const { out, finished } = begin();
    await running();
    const [cancelled] = cluster.tasks("running");
    cluster.do("scancel", cancelled);
    // Before it has a process of its own, a worker does not know what SIGTERM means.
    const atWork = () => workers(out).filter((pid) => childrenOf(pid).length > 0);
    await cluster.until(() => atWork().length > 3, "workers");
    const [killed, ended] = atWork().slice(-2);
    process.kill(killed, "SIGKILL");
    process.kill(ended, "SIGTERM");
    const { code, stderr } = await finished;
    expect(stderr).toMatch(/warning: mnist-\S+: it was cancelled.*; it is handed over once more/);
    expect(stderr).toMatch(/warning: mnist-\S+: it failed.*; it is handed over once more/);
    expect(stderr).toMatch(/warning: mnist-\S+: it was ended by SIGTERM; it is handed over once more/);
    expect(stderr).not.toContain("twice");
    expect(code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(undisturbed);
    expect(readdirSync(join(out, "cluster", "notes"))).toEqual([]);
  });

  it("reports a task that fails twice with the end of its log, goes on, and makes it when given again", async () => {
    const { out, args, finished } = begin();
    const ended = new Set<string>();
    const name = "mnist-rp-lr1-seed1000";
    /** The first line of the task's own log. */
    const makes = (task: string, run: string) =>
      readdirSync(join(out, "cluster", "logs"))
        .map((file) => readFileSync(join(out, "cluster", "logs", file), "utf8"))
        .some((text) => text.startsWith(`task ${task} of ${out}: ${run},`));
    const crash = async () => {
      while (ended.size < 2) {
        for (const { pid, task = "" } of tasksAtWork(out)) {
          const [child] = childrenOf(pid);
          if (child === undefined || ended.has(task) || !makes(task, name)) continue;
          ended.add(task);
          process.kill(child, "SIGKILL");
        }
        await sleep(20);
      }
    };
    await Promise.all([crash(), finished]);
    const { code, stderr } = await finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `${name}: failed \\(its process ended by SIGKILL, twice\\); the same command tries it again`,
      ),
    );
    expect((await rpBench(args, { env })).code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(undisturbed);
  });

  it("survives a node that goes down and comes back", async () => {
    const { out, finished } = begin();
    await running();
    await cluster.stopNode();
    for (const pid of workers(out)) process.kill(pid, "SIGKILL");
    cluster.do("scontrol", "update", `NodeName=${node}`, "State=DOWN", "Reason=test");
    await sleep(3000);
    cluster.startNode();
    cluster.ask("scontrol", "update", `NodeName=${node}`, "State=RESUME"); // unless it is back already
    const { code } = await finished;
    expect(code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(undisturbed);
  });

  it("goes on when Slurm's controller is away for 20 s", async () => {
    const { out, finished, stderrHas } = begin();
    await running();
    await cluster.stopController();
    await stderrHas("Slurm does not answer; results are followed all the same");
    await sleep(20_000);
    cluster.startController();
    const { code, stderr } = await finished;
    expect(stderr).toContain("Slurm answers again");
    expect(code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(undisturbed);
  });

  it("queues again what Slurm queues again, as after preemption", async () => {
    const { out, finished } = begin();
    await running();
    const [id] = cluster.tasks("running");
    cluster.do("scontrol", "requeue", id);
    const { code, stderr } = await finished;
    expect(code).toBe(0);
    expect(stderr).not.toContain("handed over once more");
    expect(tablesWithoutTimes(out)).toBe(undisturbed);
  });

  it("says that Slurm does not answer where it does not from the beginning", async () => {
    await cluster.stopController();
    try {
      const { code, stderr } = await begin().finished;
      expect(code).toBe(3);
      expect(stderr).toMatch(/--executor slurm: Slurm does not answer \(.*ask it with `scontrol ping`/);
    } finally {
      cluster.startController();
      await cluster.until(() => cluster.ask("sinfo", "-h", "-o", "%T") === "idle");
    }
  });

  it("keeps 60 tasks on 8 processors in one array, no more than --jobs of it at a time", async () => {
    const out = join(temporaryFolder(), "study");
    const wide = writeStudy(
      folder,
      {
        datasets: [{ name: "mnist", layerSizes: [784, 8, 784], tuningEpochs: 1, finalSeeds: 1 }],
        ...{ epochs: 1, trainLimit: 200, mostRates: 1, tuningSeeds: 20 },
        optimizers: ["rp", "adam", "sgd"].map((name) => ({
          name,
          learningRates: [name === "adam" ? 1e-3 : 1],
        })),
      },
      "wide.json",
    );
    const { finished } = start(["sweep", wide, "--out", out, "--executor", "slurm", "--jobs", "5"], { env });
    let most = 0;
    let ended = false;
    const watch = async () => {
      while (!ended) {
        const arrays = cluster.tasks("running").map((id) => id.split("_")[0]);
        for (const array of arrays) most = Math.max(most, arrays.filter((one) => one === array).length);
        await sleep(200);
      }
    };
    finished.finally(() => {
      ended = true;
    });
    const [{ code }] = await Promise.all([finished, watch()]);
    expect(code).toBe(0);
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(5);
    const tasks = readdirSync(join(out, "cluster", "tasks")).map((name) => Number.parseInt(name, 10));
    expect(tasks.sort((a, b) => a - b)[1]).toBe(61);
  });
});

it("ends the tasks of --executor command when it is interrupted", async () => {
  const datasets = [{ name: "mnist", layerSizes: [784, 8, 784], tuningEpochs: 500 }];
  const folder = temporaryFolder();
  const config = writeStudy(folder, { datasets, epochs: 500, trainLimit: null });
  const out = join(folder, "study");
  const submit = ["--executor", "command", "--jobs", "2", "--submit", "exec {task}"];
  const { child, finished } = start(["sweep", config, "--out", out, ...submit]);
  const locks = () =>
    existsSync(join(out, "runs"))
      ? readdirSync(join(out, "runs")).filter((name) => name.endsWith(".lock"))
      : [];
  while (locks().length < 2) await sleep(50);
  child.kill("SIGINT");
  expect((await finished).code).toBe(130);
  expect(locks()).toEqual([]);
  expect(readdirSync(join(out, "cluster", "notes"))).toHaveLength(2);
});

it.runIf(cluster)("asks on a terminal whether Ctrl-C cancels what Slurm has", async () => {
  if (!cluster) return; // for the compiler
  const folder = temporaryFolder();
  const datasets = [{ name: "mnist", layerSizes: [784, 8, 784], tuningEpochs: 500 }];
  const config = writeStudy(folder, { datasets, epochs: 500, trainLimit: null });
  const args = ["sweep", config, "--out", join(folder, "study"), "--executor", "slurm"];
  // Types Ctrl-C when tasks are handed over, and "y" when it is asked.
  const python = `
import os, pty, sys, subprocess
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
text, typed = b"", False
while True:
    try: part = os.read(terminal, 4096)
    except OSError: break
    text += part
    queued = subprocess.run(["squeue", "-h"], capture_output=True).stdout
    if not typed and queued: typed = os.write(terminal, b"\\x03") > 0
    if b"[y/N]" in part: os.write(terminal, b"y\\r")
sys.stdout.buffer.write(text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
  const run = spawnSync(
    "python3",
    ["-c", python, process.execPath, join(root, "bin", "rp-bench.js"), ...args],
    {
      encoding: "utf8",
      env: { ...process.env, ...cluster.env },
      timeout: 120_000,
    },
  );
  expect(run.stdout).toMatch(
    /Slurm has \d+ tasks of this study. Cancel them\? Otherwise they go on. \[y\/N\]/,
  );
  expect(run.status).toBe(130);
  await cluster.until(() => cluster.tasks().length === 0, "an empty queue");
});
