// The tidy table and the event files, read back by the programs that they are for.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { COLUMN_NAMES } from "../../src/export/rows.js";
import { readCsv } from "../../src/results/csv.js";
import { call } from "../support/call.js";
import { root, sharedFolder, temporaryFolder } from "../support/cli.js";
import { makeFolder } from "../support/result-folders.js";

const work = sharedFolder();
const paper = join(root, "results", "paper");
/** A Python that has pandas, pyarrow and tensorboard. */
const python = process.env.RP_BENCH_PYTHON;
if (!python) console.log("RP_BENCH_PYTHON is not set: exports are not read back by pandas and TensorBoard");

async function exported(folder: string, format: string, out: string): Promise<string> {
  const { code, stdout, stderr } = await call(["export", folder, "--format", format, "--out", out]);
  expect([code, stderr, stdout]).toEqual([0, "", `${out}\n`]);
  return out;
}

/** What a Python program prints, as JSON. */
function inPython(program: string, ...args: string[]): unknown {
  const { stdout, stderr, status } = spawnSync(python ?? "", ["-c", program, ...args], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** The rows of a log, as a table by hand has them. */
function logOf(name: string): Record<string, string>[] {
  const path = join(paper, "runs", `${name}.csv`);
  return readCsv(readFileSync(path, "utf8"), path, ["step", "test_loss"]);
}

it("has every row of every run in one table, with what the run was", async () => {
  const path = await exported(paper, "csv", join(work, "rows.csv"));
  const rows = readCsv(readFileSync(path, "utf8"), path, COLUMN_NAMES);
  const name = "fashion-mnist-adam-lr0.001-seed3";
  const own = rows.filter(({ run }) => run === name);
  expect(own[5]).toMatchObject({
    ...{ problem: "fashion-mnist", dataset: "fashion-mnist", title: "Fashion-MNIST", loss: "mse" },
    ...{ label: "adam", optimizer: "adam", learning_rate: "0.001", seed: "3", role: "final", status: "done" },
  });
  expect(own.map(({ step, test_loss }) => ({ step, test_loss }))).toEqual(
    logOf(name).map(({ step, test_loss }) => ({ step, test_loss })),
  );
  const runs = new Set(rows.map(({ run }) => run));
  const logs = readdirSync(join(paper, "runs")).filter((file) => file.endsWith(".csv"));
  expect([...runs].sort()).toEqual(logs.map((file) => file.replace(/\.csv$/, "")).sort());
  expect(rows.filter(({ role }) => role === "tuning").length).toBeGreaterThan(100);
});

it.skipIf(!python)("is read by pandas from Parquet with the same values as from CSV", async () => {
  const [csv, parquet] = [
    await exported(paper, "csv", join(work, "again.csv")),
    await exported(paper, "parquet", join(work, "rows.parquet")),
  ];
  const program = `
import json, sys, pandas
csv, parquet = pandas.read_csv(sys.argv[1], float_precision="round_trip"), pandas.read_parquet(sys.argv[2], engine="pyarrow")
same = {name: bool((csv[name].isna() & parquet[name].isna() | (csv[name] == parquet[name]) | (csv[name].isna() & (parquet[name] == ""))).all()) for name in csv.columns}
print(json.dumps({"columns": list(parquet.columns), "rows": len(parquet), "same": same,
  "kinds": {name: str(parquet[name].dtype) for name in ["step", "seed", "test_loss", "learning_rate"]}}))`;
  const found = inPython(program, csv, parquet);
  const lines = readFileSync(csv, "utf8").trim().split("\n");
  expect(found).toEqual({
    ...{ columns: COLUMN_NAMES, rows: lines.length - 1 },
    same: Object.fromEntries(COLUMN_NAMES.map((name) => [name, true])),
    kinds: { step: "int64", seed: "int64", test_loss: "float64", learning_rate: "float64" },
  });
});

it.skipIf(!python)("is read by TensorBoard's own reader, also what is beyond its numbers", async () => {
  const losses = [0.2, 0.1, 1e300];
  const folder = makeFolder(join(work, "diverged"), [{ label: "adam", losses, status: "diverged" }]);
  const out = await exported(folder, "tensorboard", join(work, "events"));
  const program = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]); events.Reload()
print(json.dumps({tag: [[one.step, one.wall_time, str(one.value)] for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}))`;
  const own = join(out, "mnist-adam-lr1-seed0");
  const found = inPython(program, own) as Record<string, [number, number, string][]>;
  expect(Object.keys(found)).toEqual(["loss/train", "loss/validation", "loss/test"]);
  expect(
    found["loss/test"].map(([step, time, value]) => [step, time, Number(value.replace("inf", "Infinity"))]),
  ).toEqual(losses.map((loss, epoch) => [10 * epoch, epoch, Math.fround(loss)]));
});

it("says in a line what it cannot read or write", async () => {
  const nothing = temporaryFolder();
  const { code, stderr } = await call(["export", nothing]);
  expect([code, stderr]).toEqual([2, `rp-bench: ${nothing}: not a result folder, it has no runs/\n`]);
  const folder = makeFolder(join(work, "small"), [{ label: "adam", losses: [0.2, 0.1] }]);
  const taken = join(work, "taken");
  writeFileSync(taken, "");
  const full = await call(["export", folder, "--out", join(taken, "rows.csv")]);
  expect([full.code, full.stderr]).toEqual([1, expect.stringMatching(/^rp-bench: .*rows\.csv: .*\n$/)]);
  const other = await call(["export", folder, "--format", "xlsx"]);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("csv, parquet, tensorboard")]);
});
