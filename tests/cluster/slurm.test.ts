// What is made of the answers of Slurm's commands, which are scripts here: those that a real Slurm gives seldom.

import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Slurm } from "../../src/sweep/cluster/slurm.js";
import { temporaryFolder } from "../support/cli.js";

let folder: string;
let interrupt: AbortController;
beforeEach(() => {
  folder = temporaryFolder();
  interrupt = new AbortController();
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(() => void vi.unstubAllEnvs());

function program(name: string, ...lines: string[]): void {
  const path = join(folder, name);
  writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(path, 0o755);
}
const slurm = () =>
  new Slurm(
    {
      ...{ study: { id: "0123abcd", path: folder }, logPath: () => join(folder, "log") },
      ...{ args: [], setup: [], jobs: null, timeoutSeconds: null, signal: interrupt.signal, warn() {} },
    },
    1000,
  );
const batch = { first: 1, count: 2, alone: null };

it("does not wait while sbatch tries again and again to get into a full queue", async () => {
  const words = "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying";
  program("sbatch", `echo '${words}' >&2`, "exec sleep 300");
  expect(await slurm().submit(batch)).toEqual({ full: words });
});

it("does not know whether tasks are there after an interrupt ended what asked", async () => {
  program("sbatch", "exec sleep 300");
  program("squeue", "exec sleep 300");
  const answers = Promise.all([slurm().submit(batch), slurm().tasks()]);
  interrupt.abort();
  expect(await answers).toEqual(["unknown", null]);
});

it("sees its tasks whatever the user has squeue show by hand", async () => {
  for (const name of ["SQUEUE_PARTITION", "SQUEUE_NAMES"]) vi.stubEnv(name, "other");
  program("squeue", "env | grep -q ^SQUEUE_ || echo '7_1|rp-bench-0123abcd-41|RUNNING|None'");
  expect(await slurm().tasks()).toEqual(new Map([[42, { kind: "running" }]]));
});

it("says that tasks may go on where they could not be cancelled", async () => {
  program("squeue", "echo '7_1|rp-bench-0123abcd-41|RUNNING|None'");
  program("scancel", "echo 'scancel: error: Access denied' >&2; exit 1");
  await expect(slurm().cancel()).rejects.toThrow("scancel: error: Access denied");
  program("squeue", "echo 'squeue: error: Unable to contact slurm controller' >&2; exit 1");
  await expect(slurm().cancel()).rejects.toThrow("Unable to contact slurm controller");
});
