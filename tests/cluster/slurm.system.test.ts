// `rp-bench sweep --executor slurm` on Slurm itself, one node with two tasks at a time: what every change must keep. The
// rest is in tests/slow/cluster.slow.test.ts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { rpBench, sharedFolder, start } from "../support/cli.js";
import { clusterOrSkip } from "../support/slurm.js";
import { tablesWithoutTimes, writeStudy } from "../support/study.js";

const cluster = await clusterOrSkip();

describe.runIf(cluster)("on a cluster", () => {
  if (!cluster) return; // for the compiler: vitest looks at skipped tests, too
  const folder = sharedFolder();
  const small = {
    datasets: [{ name: "mnist", layerSizes: [784, 8, 784], tuningEpochs: 1, finalSeeds: 1 }],
    ...{ epochs: 1, trainLimit: 200, mostRates: 2 },
    optimizers: [
      { name: "adam", learningRates: [0.001, 0.00316] },
      { name: "sgd", learningRates: [1, 3.16] },
    ],
  };
  const config = writeStudy(folder, small);
  const out = join(folder, "study");
  const args = ["sweep", config, "--out", out, "--executor", "slurm"];
  afterAll(() => cluster.stop());

  it("refuses what Slurm does not take, in its words", async () => {
    const { code, stderr } = await rpBench([...args, "--slurm-arg=--partition=none"], { env: cluster.env });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /rp-bench: Slurm refuses the tasks: .*invalid partition specified: none; look at --slurm-arg=--partition=none/,
    );
  });

  it("leaves its tasks to Slurm when it is interrupted, and the same command follows them", async () => {
    cluster.do("scontrol", "update", `NodeName=${cluster.node}`, "State=DRAIN", "Reason=test");
    const { child, finished } = start(args, { env: cluster.env });
    await cluster.until(() => cluster.tasks().length === 8, "the first round");
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Slurm has 8 tasks of this study, which go on/);
    expect(cluster.tasks()).toHaveLength(8);
    const again = start(args, { env: cluster.env });
    await again.stderrHas("Slurm has 8 tasks of this study already; they are followed");
    cluster.do("scontrol", "update", `NodeName=${cluster.node}`, "State=RESUME");
    expect((await again.finished).code).toBe(0);
  });

  it("has then made the tables that one machine makes, each run in one task", async () => {
    const local = join(folder, "local");
    expect((await rpBench(["sweep", config, "--out", local, "--quiet"])).code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(tablesWithoutTimes(local));
    const runs = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".json"));
    const logs = readdirSync(join(out, "cluster", "logs"));
    expect(logs).toHaveLength(runs.length + 1); // and one that measured step times
    const record = JSON.parse(readFileSync(join(out, "runs", runs[0]), "utf8"));
    expect(record.machine).toEqual({ host: cluster.node, processor: expect.stringMatching(/./) });
    expect(readFileSync(join(out, "step-times.csv"), "utf8").trim().split("\n")).toHaveLength(3);
    expect((await rpBench(["verify", out])).code).toBe(0);
  });

  it("cancels them with --cancel-on-exit", async () => {
    const more = writeStudy(folder, { ...small, epochs: 400, trainLimit: null }, "long.json");
    const { child, finished } = start(
      [
        "sweep",
        more,
        "--out",
        join(folder, "long"),
        "--executor",
        "slurm",
        "--cancel-on-exit",
        "--jobs",
        "1",
      ],
      { env: cluster.env },
    );
    await cluster.until(() => cluster.tasks().length === 8, "the first round");
    child.kill("SIGTERM");
    expect((await finished).code).toBe(130);
    await cluster.until(() => cluster.tasks().length === 0, "an empty queue");
  });
});
