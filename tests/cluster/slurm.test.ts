// What Slurm's commands are given, and what is made of their answers. They are scripts here, which answer what a real Slurm
// says seldom.

import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { quoted } from "../../src/sweep/cluster/program.js";
import { Slurm, type SlurmOptions } from "../../src/sweep/cluster/slurm.js";
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
const slurm = (options: Partial<SlurmOptions> = {}) =>
  new Slurm(
    {
      ...{ study: { id: "0123abcd", path: folder }, logPath: () => join(folder, "log") },
      ...{ args: [], setup: [], jobs: null, timeoutSeconds: null, signal: interrupt.signal, warn() {} },
      ...options,
    },
    1000,
  );
const batch = { first: 1, count: 2, alone: null };

it("asks for the time of a run with a margin, for so many at a time, and for a node alone", async () => {
  program("sbatch", `printf '%s\\n' "$@" > '${folder}/args'`);
  const logPath = (first: number, index: string) => `/100 % mine/${first}-${index}.log`;
  const given = slurm({ logPath, jobs: 5, timeoutSeconds: 3600, args: ["--time=3:00:00"] });
  expect(await given.submit({ first: 7, count: 2, alone: { host: "node3" } })).toBe("accepted");
  expect(readFileSync(join(folder, "args"), "utf8").trim().split("\n")).toEqual([
    ...["--parsable", "--requeue", "--open-mode=append", "--job-name=rp-bench-0123abcd-7"],
    ...["--array=0-1%5", "--output=/100 %% mine/7-%a.log", "--time=70"],
    ...["--time=3:00:00", "--exclusive", "--nodelist=node3"], // the user's word is the last one
  ]);
});

it("writes words so that a shell reads them back", () => {
  const words = ["plain/path-1.json", 'it\'s 100 % $HOME `id` "q" \\', "", "two\nlines", "~", "ünï"];
  const line = `printf '%s\\0' ${words.map(quoted).join(" ")}`;
  expect(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" }).split("\0").slice(0, -1)).toEqual(words);
});

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
