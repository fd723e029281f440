// `rp-bench sweep --executor command`, with xargs in the place of a scheduler, and the worker that it starts; and what of
// a command line is refused.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processorsOf, processorsSection } from "../../src/sweep/processors.js";
import { call } from "../support/call.js";
import { rpBench, sharedFolder, temporaryFolder } from "../support/cli.js";
import { tablesWithoutTimes, writeStudy } from "../support/study.js";

const XARGS = "echo \"{task}\" | xargs -d '\\n' -I LINE sh -c LINE";

describe("a study by a command line", () => {
  // With a space and a percent sign, as folders have them.
  const folder = join(sharedFolder(), "100 % mine");
  mkdirSync(folder);
  const small = {
    datasets: [{ name: "mnist", layerSizes: [784, 8, 784], tuningEpochs: 1, finalSeeds: 1 }],
    ...{ epochs: 1, trainLimit: 200, mostRates: 1 },
    optimizers: [{ name: "sgd", learningRates: [1] }],
  };
  const config = writeStudy(folder, small);
  const out = join(folder, "study");
  const args = ["sweep", config, "--out", out, "--executor", "command"];

  it("makes the tables that one machine makes", async () => {
    const { code, stderr } = await rpBench([...args, "--submit", XARGS]);
    expect(stderr).toContain("The command of --submit has tasks");
    expect(code).toBe(0);
    const local = join(folder, "local");
    expect((await rpBench(["sweep", config, "--out", local, "--quiet"])).code).toBe(0);
    expect(tablesWithoutTimes(out)).toBe(tablesWithoutTimes(local));
  });

  it("refuses a task that is not there", async () => {
    for (const [study, task, message] of [
      [join(folder, "local"), "1", /--study .*local: is not the folder of a study with tasks/],
      [out, "1000", /--task 1000: .*study has no task of this number/],
      [out, "0", /--task: must be a whole number from 1 on, got 0/],
    ] as const) {
      const { code, stderr } = await call(["worker", "--study", study, "--task", task]);
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
    }
  });

  it("makes nothing in a task whose run is made", async () => {
    const name = readdirSync(join(out, "cluster", "logs"))[0];
    const number = /^task (\d+)/m.exec(readFileSync(join(out, "cluster", "logs", name), "utf8"))?.[1] ?? "";
    const before = readdirSync(join(out, "runs"));
    expect((await rpBench(["worker", "--study", out, "--task", number])).code).toBe(0);
    expect(readdirSync(join(out, "runs"))).toEqual(before);
  });

  it("measures step times again where they are not those of the chosen rates", async () => {
    const [name] = readdirSync(join(out, "cluster", "step-times"));
    const path = join(out, "cluster", "step-times", name);
    const measured = readFileSync(path, "utf8");
    writeFileSync(path, measured.replace(/^(mnist,sgd,)[^,]*/m, "$13.16"));
    const { code, stderr } = await rpBench([...args, "--submit", XARGS]);
    expect(stderr).not.toContain("step times could not be measured");
    expect(code).toBe(0);
    expect(readFileSync(path, "utf8")).toMatch(/^mnist,sgd,1,/m);
    expect(readFileSync(join(out, "step-times.csv"), "utf8")).toBe(readFileSync(path, "utf8"));
  });

  it("reports a command that fails, in its own words", async () => {
    const failing = join(temporaryFolder(), "study");
    const submit = "echo no such node >&2; exit 7 # {task}";
    const { code, stderr } = await rpBench(
      ["sweep", config, "--out", failing, "--executor", "command", "--submit", submit],
      {},
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /seed1000: its command ended with exit code 7; its log ends: no such node; it is handed over once more/,
    );
    expect(stderr).toMatch(/seed1000: failed \(its command ended with exit code 7, twice\)/);
  });
});

describe("the flags of executors", () => {
  const sweep = (...more: string[]) => call(["sweep", "quick", "--out", "never", ...more]);

  it.each([
    [["--executor", "cloud"], /--executor <name>.*local, slurm, command/],
    [["--executor", "command"], /--submit: must be a command line with \{task\} in it.*it is missing/],
    [["--executor", "command", "--submit", "ssh node"], /--submit: must be .*got "ssh node"/],
    [["--submit", "{task}"], /--submit: goes with --executor command/],
    [["--slurm-arg=--partition=cpu"], /--slurm-arg: goes with --executor slurm/],
    [["--slurm-setup", "module load x"], /--slurm-setup: goes with --executor slurm/],
    [["--cancel-on-exit"], /--cancel-on-exit: goes with --executor slurm/],
    [
      ["--executor", "slurm", "--slurm-arg=--array=1-2"],
      /--slurm-arg=--array=1-2: is set by rp-bench itself/,
    ],
    [["--executor", "slurm", "--slurm-arg=-ome.log"], /--slurm-arg=-ome.log: is set by rp-bench itself/],
    [["--executor", "slurm", "--slurm-arg=--arr=1-2"], /--slurm-arg=--arr=1-2: is set by rp-bench itself/],
    [["--executor", "slurm", "--slurm-arg=-Mfar"], /--slurm-arg=-Mfar: is set by rp-bench itself/],
    [["--executor", "slurm", "--slurm-arg=partition"], /--slurm-arg=partition: must begin with a dash/],
  ])("refuses %j", async (flags, message) => {
    const { code, stderr } = await sweep(...flags);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });

  it("says what to do where Slurm is not here", async () => {
    const { code, stderr } = await call(["sweep", "quick", "--out", "never", "--executor", "slurm"], {
      env: { PATH: temporaryFolder() },
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/--executor slurm: Slurm is not here; give the command on a machine that submits/);
  });
});

describe("processors", () => {
  const record = (seed: number, processor: string, host: string) => ({
    ...{ engine: { name: "native", instructionSet: "avx2", threads: 1 }, seed },
    machine: { host, processor },
  });
  const runs = [0, 1, 2].map((seed) => ({ seed }));
  const made = [record(0, "Xeon", "node1"), record(1, "EPYC", "node3"), record(2, "EPYC", "node2")];
  const found = (records: typeof made) =>
    processorsOf([{ runs }] as never, (({ seed }: { seed: number }) => ({ record: records[seed] })) as never);

  it("are named in findings where there are several, the commonest first", () => {
    expect(
      found(made).map(({ processor, host, hosts, runs: count }) => [processor, host, hosts, count]),
    ).toEqual([
      ["EPYC", "node2", 2, 2],
      ["Xeon", "node1", 1, 1],
    ]);
    expect(processorsSection(found(made)).join("\n")).toMatch(
      /several kinds of processor[\s\S]*EPYC[\s\S]*Xeon/,
    );
  });

  it("are not where there is one", () => {
    expect(processorsSection(found([made[0], made[0], made[0]]))).toEqual([]);
  });
});
