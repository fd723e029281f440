// Runs that are killed at random moments, again and again, end with the logs and parameters of runs that nothing stopped.

import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect, it } from "vitest";
import { rpBench, start, temporaryFolder } from "../support/cli.js";
import { childOf } from "../support/processes.js";
import { expectSameRuns, keptModule, OPTIMIZERS, runsOf, writeRun } from "../support/resume.js";
import { TINY, tablesWithoutTimes, writeStudy } from "../support/study.js";

const random = xoroshiro128plus(15);

/** Starts a command and kills it a moment after it began to work, until one of its starts has ended by itself. */
async function killUntilDone(command: string[], begun: string, most: number): Promise<number> {
  for (let kills = 0; ; kills++) {
    const { child, finished, stderrHas } = start(command);
    const ended = await Promise.race([
      stderrHas(begun).then(
        () => sleep(uniformInt(random, 0, most), false),
        () => true,
      ),
    ]);
    if (!ended) child.kill("SIGKILL");
    const { code, signal, stderr } = await finished;
    if (signal === "SIGKILL") continue;
    expect([code, stderr.match(/^rp-bench: .*/gm)]).toEqual([0, null]);
    return kills;
  }
}

it.each(["native", "reference"])(
  "every optimizer, and a module of the user's own, on the engine %s, killed at random moments",
  async (engine) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "mine.mjs"), keptModule());
    const optimizers = [...OPTIMIZERS, { name: "./mine.mjs", learningRate: 0.001 }];
    const epochs = engine === "native" ? 60 : 4;
    const config = writeRun(folder, {
      ...{ engine, epochs, optimizers, evalEvery: engine === "native" ? 90 : 20 },
      threads: engine === "native" ? 1 : null,
    });
    const [out, undisturbed] = [join(folder, "out"), join(folder, "undisturbed")];
    const command = ["run", "--config", config, "--checkpoint-every", engine === "native" ? "10" : "1"];
    expect((await rpBench([...command, "--out", undisturbed, "--quiet"])).code).toBe(0);
    const kills = await killUntilDone([...command, "--out", out], "results in", 1500);
    expect(kills).toBeGreaterThanOrEqual(5);
    expectSameRuns(out, undisturbed);
    expect(runsOf(out).resumed).toBeGreaterThanOrEqual(3);
    expect((await rpBench(["verify", out, "--rerun", "2"])).code).toBe(0);
  },
);

const long = { ...TINY, datasets: [{ ...TINY.datasets[0], tuningEpochs: 40 }], epochs: 40, evalEvery: 60 };

it("a study, killed at random moments", async () => {
  const folder = temporaryFolder();
  const config = writeStudy(folder, long);
  const [out, undisturbed] = [join(folder, "study"), join(folder, "undisturbed")];
  const command = ["sweep", config, "--checkpoint-every", "20"];
  expect((await rpBench([...command, "--out", undisturbed, "--quiet"])).code).toBe(0);
  const kills = await killUntilDone([...command, "--out", out], "runs are made", 1500);
  expect(kills).toBeGreaterThanOrEqual(3);
  expectSameRuns(out, undisturbed);
  expect(tablesWithoutTimes(out)).toBe(tablesWithoutTimes(undisturbed));
  expect(runsOf(out).resumed).toBeGreaterThanOrEqual(2);
  // Left where the process ended between the record and its removal.
  writeFileSync(join(out, "runs", "mnist-adam-lr0.001-seed1000.checkpoint"), "left");
  expect((await rpBench([...command, "--out", out, "--quiet"])).code).toBe(0);
  expectSameRuns(out, undisturbed);
});

it("a study whose worker is killed goes on with the run where it was", async () => {
  const folder = temporaryFolder();
  const config = writeStudy(folder, long);
  const [out, undisturbed] = [join(folder, "study"), join(folder, "undisturbed")];
  const command = ["sweep", config, "--checkpoint-every", "20", "--jobs", "1"];
  expect((await rpBench([...command, "--out", undisturbed, "--quiet"])).code).toBe(0);
  mkdirSync(join(out, "runs"), { recursive: true });
  const { child, finished } = start([...command, "--out", out]);
  while (!readdirSync(join(out, "runs")).some((name) => name.endsWith(".checkpoint"))) await sleep(5);
  process.kill(await childOf(child.pid), "SIGKILL");
  const { code, stderr } = await finished;
  expect(code).toBe(0);
  const [, name] = /warning: (\S+): its process ended by SIGKILL; it is tried once more/.exec(stderr) ?? [];
  expect(stderr).toMatch(new RegExp(`^${name}: goes on from its checkpoint at step \\d+$`, "m"));
  expectSameRuns(out, undisturbed);
});
