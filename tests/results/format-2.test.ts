// A study's folder of format 2, whose summary.csv held the runs of the search, too.

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { readResults } from "../../src/results/results.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { call } from "../support/call.js";
import { rpBench, sharedFolder } from "../support/cli.js";
import { studyRuns, TINY, writeStudy } from "../support/study.js";

const folder = sharedFolder();
const study = join(folder, "study");
const config = writeStudy(folder, { optimizers: TINY.optimizers.slice(1, 2) });
const asFormat = (version: number) => {
  const copy = join(folder, `format-${version}`);
  cpSync(study, copy, { recursive: true });
  const manifest = join(copy, "manifest.json");
  writeFileSync(
    manifest,
    readFileSync(manifest, "utf8").replace('"formatVersion": 3', `"formatVersion": ${version}`),
  );
  return copy;
};
const textOf = (name: string) => readFileSync(name, "utf8");

it("is read, verified and gone on with, in its own form", async () => {
  expect((await rpBench(["sweep", config, "--out", study, "--quiet"])).code).toBe(0);
  const old = asFormat(2);
  const [tuning, final] = ["tuning.csv", "summary.csv"].map((name) => textOf(join(old, name)));
  const [header, ...rows] = tuning.split("\n");
  // Branch by branch, each of them its search first: here there is one.
  const mixed = `${header}\n${rows.join("\n")}${final.slice(header.length + 1)}`;
  writeFileSync(join(old, "summary.csv"), mixed);
  rmSync(join(old, "tuning.csv"));

  expect(readResults(old)).toEqual(readResults(study));
  const verified = await call(["verify", old, "--quiet"]);
  expect(verified.stdout).toMatch(/^summary\.csv +ok/m);
  expect([verified.code, verified.stdout.match(/tuning\.csv/)]).toEqual([0, null]);

  // What other commands make of it is what they make of one of format 3.
  const tables = [old, study].map((one) => join(one, "rows.csv"));
  for (const table of tables)
    expect((await call(["export", join(table, ".."), "--out", table])).code).toBe(0);
  expect(textOf(tables[0])).toBe(textOf(tables[1]));
  const [compared] = [(await call(["compare", old, study, "--json"])).stdout];
  expect(JSON.parse(compared).comparisons).toMatchObject([{ lossDifference: 0, pairedSeeds: 2 }]);
  for (const command of ["plot", "report"]) expect((await call([command, old])).code).toBe(0);
  for (const name of readdirSync(join(old, "figures")))
    expect(readFileSync(join(old, "figures", name)).equals(readFileSync(join(study, "figures", name)))).toBe(
      true,
    );

  rmSync(join(old, "summary.csv"));
  const again = await rpBench(["sweep", config, "--out", old]);
  expect([again.code, again.stdout.match(/tuning\.csv/)]).toEqual([0, null]);
  expect(textOf(join(old, "summary.csv"))).toBe(mixed);
  const reused = join(folder, "reused");
  const { code, stderr } = await rpBench(["sweep", config, "--out", reused, "--reuse", old]);
  expect([code, stderr.match(/trained|: done/)]).toEqual([0, null]);
  expect(studyRuns(reused)).toEqual(studyRuns(study));
});

it("of `run` goes on with one evaluation an epoch, where a new one has more that cost little", async () => {
  const out = join(folder, "run");
  const cheap = ["--layers", "784,8,64,64,8,784", "--train-limit", "2000", "--epochs", "1", "--lr", "0.01"];
  const args = ["run", "--optimizer", "rp", ...cheap, "--out", out, "--quiet", "--json"];
  expect((await rpBench(args)).code).toBe(0);
  const log = textOf(join(out, "runs", "mnist-rp-lr0.01-seed0.csv"))
    .trim()
    .split("\n")
    .slice(1);
  expect(log.map((line) => line.split(",")[1])).toEqual(["0", "6", "12", "18"]);
  const manifest = join(out, "manifest.json");
  const earlier = textOf(manifest).replace('"formatVersion": 3', '"formatVersion": 2');
  expect(earlier).toContain('"evalEvery": 6');
  writeFileSync(manifest, earlier.replace('"evalEvery": 6', '"evalEvery": null'));
  expect(await rpBench(args)).toMatchObject({ code: 0 });
});

it("has in format 3 final runs alone in its summary", async () => {
  const roles = (name: string) =>
    readCsv(textOf(join(study, name)), name, SUMMARY_COLUMNS).map(({ role }) => role);
  expect(new Set(roles("summary.csv"))).toEqual(new Set(["final"]));
  expect(new Set(roles("tuning.csv"))).toEqual(new Set(["tuning"]));
  expect((await call(["verify", study, "--quiet"])).stdout).toMatch(/^tuning\.csv +ok/m);
});

it("is refused in one line where a newer program made it", async () => {
  const newer = asFormat(9);
  const message = `rp-bench: ${join(newer, "manifest.json")}: is of format 9, this program reads 1 to 3; use the version of rp-bench that made it\n`;
  for (const args of [
    ["sweep", config, "--out", newer, "--quiet"],
    ["sweep", config, "--out", join(folder, "other"), "--reuse", newer, "--quiet"],
    ["plot", newer],
    ["verify", newer],
    ["compare", study, newer],
  ])
    expect(await call(args), args.join(" ")).toMatchObject({ code: 2, stderr: message });
});
