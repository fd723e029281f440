// A run goes on from its checkpoint after kill -9 and Ctrl-C, as real processes: a short form of what
// tests/slow/resume.slow.test.ts does with every optimizer and engine.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rpBench, start, temporaryFolder } from "../support/cli.js";
import { expectSameRuns, runsOf, writeRun } from "../support/resume.js";

const sampled = {
  name: "rp",
  learningRate: 2,
  curvature: { outputs: 32 },
  curvatureDecay: 0.9,
  momentum: 0.9,
};

it("ends with the log and parameters of a run that nothing stopped, and verifies", async () => {
  const folder = temporaryFolder();
  const [out, undisturbed] = [join(folder, "out"), join(folder, "undisturbed")];
  const config = writeRun(folder, { epochs: 40, optimizers: [sampled] });
  const command = ["run", "--config", config, "--checkpoint-every", "25"];
  expect((await rpBench([...command, "--out", undisturbed, "--quiet"])).code).toBe(0);
  for (const [signal, step] of [["SIGKILL", 150] as const, ["SIGINT", 390] as const]) {
    const { child, finished, stderrHas } = start([...command, "--out", out]);
    await stderrHas(`(step ${step})`);
    child.kill(signal);
    await finished;
  }
  const checkpoint = join(out, "runs", "mnist-rp-sampled32-lr2-seed0.checkpoint");
  expect(existsSync(checkpoint)).toBe(true);
  const { code, stderr } = await rpBench([...command, "--out", out]);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /RP, 32 outputs, momentum 0.9, decay 0.9, rate 2: goes on from its checkpoint at step \d+\n/,
  );
  expectSameRuns(out, undisturbed);
  const record = JSON.parse(readFileSync(checkpoint.replace("checkpoint", "json"), "utf8"));
  expect(record.resumedAt).toHaveLength(2);
  for (const at of record.resumedAt) expect(at % 25).toBe(0);
  expect(runsOf(undisturbed).resumed).toBe(0);
  // Left where the process ended between the record and its removal.
  writeFileSync(checkpoint, "left");
  expect((await rpBench([...command, "--out", out, "--quiet"])).code).toBe(0);
  expect(existsSync(checkpoint)).toBe(false);
  const verified = await rpBench(["verify", out, "--rerun", "1"]);
  expect([verified.code, verified.stdout]).toEqual([
    0,
    expect.stringContaining("the same losses and parameters, to the last digit"),
  ]);
});

it("refuses an interval that is none", async () => {
  const { code, stderr } = await rpBench([
    "run",
    "--checkpoint-every",
    "0",
    "--out",
    join(temporaryFolder(), "o"),
  ]);
  expect([code, stderr]).toEqual([
    2,
    "rp-bench: --checkpoint-every: must be a whole number from 1 to 2147483647, got 0\n",
  ]);
});
