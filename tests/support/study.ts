// Studies small enough for a test: real MNIST, a small network, few images.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { readRunLog } from "../../src/results/run-log.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { type Finished, start } from "./cli.js";

type StartOptions = NonNullable<Parameters<typeof start>[1]>;

export const TINY = {
  datasets: [{ name: "mnist", layerSizes: [784, 16, 784], tuningEpochs: 1, finalSeeds: 2 }],
  batchSize: 20,
  epochs: 2,
  evalEvery: 9,
  trainLimit: 400,
  // One rate tried beside the grid at most, so that the study stays small.
  mostRates: 3,
  optimizers: [
    { name: "rp", learningRates: [1, 3.16] },
    { name: "adam", learningRates: [0.001, 0.00316] },
    { name: "sgd", learningRates: [1, 3.16] },
  ],
};

/** Flags of a run as small. */
export const SMALL_RUN = [
  ...["--train-limit", "1000", "--epochs", "20", "--layers", "784,32,784", "--eval-every", "60"],
  ...["--optimizer", "rp", "--lr", "2", "--optimizer", "adam", "--lr", "0.001"],
];

/** Writes a configuration file; returns its path. */
export function writeStudy(
  folder: string,
  changes: Record<string, unknown> = {},
  name = "tiny.json",
): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ ...TINY, ...changes }));
  return path;
}

/** A study's runs, those of its search first. */
export function studyRuns(folder: string): Record<string, string>[] {
  return ["tuning.csv", "summary.csv"].flatMap((name) => {
    const path = join(folder, name);
    return readCsv(readFileSync(path, "utf8"), path, SUMMARY_COLUMNS);
  });
}

/** A study's tables but for the times in them. */
export function tablesWithoutTimes(folder: string): string {
  const rows = studyRuns(folder);
  const kept = rows.map(({ median_step_milliseconds: _m, training_seconds: _t, ...row }) => row);
  return JSON.stringify(kept) + readFileSync(join(folder, "selection.csv"), "utf8");
}

/**
 * Starts a command and kills it, so many times, from before its folder is made to the middle of some run. Its first line
 * that has `begun` says that it is at work.
 */
export async function killAgainAndAgain(
  command: string[],
  times: number,
  { begun = "runs are made", seed = 2024, ...options }: { begun?: string; seed?: number } & StartOptions = {},
): Promise<number> {
  const random = xoroshiro128plus(seed);
  let unfinished = 0;
  for (let kills = 0; kills < times; kills++) {
    const { child, finished, stderrHas } = start(command, options);
    // The work is short: most of its starts must not finish it.
    await Promise.race([stderrHas(begun).catch(() => {}), sleep(uniformInt(random, 100, 1200))]);
    await sleep(uniformInt(random, 0, 220));
    child.kill("SIGKILL");
    if ((await finished).signal === "SIGKILL") unfinished += 1;
  }
  return unfinished;
}

/** The last command made the same tables as one that nothing disturbed, and nothing is left of what was broken off. */
export function expectFinished({ code }: Finished, out: string, tables: string): void {
  expect(code).toBe(0);
  expect(tablesWithoutTimes(out)).toBe(tables);
  expect(readdirSync(join(out, "runs")).filter((name) => !/\.(csv|json)$/.test(name))).toEqual([]);
  expect(readdirSync(out).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}

/** The last command left the same runs as one that nothing disturbed, times aside, and nothing else. */
export function expectRun({ code }: Finished, out: string, undisturbed: string): void {
  expect(code).toBe(0);
  const names = (folder: string) => readdirSync(folder).sort();
  expect(names(join(out, "runs"))).toEqual(names(join(undisturbed, "runs")));
  expect(names(out)).toEqual(names(undisturbed));
  const withoutTimes = (folder: string) => {
    const path = join(folder, "summary.csv");
    const rows = readCsv(readFileSync(path, "utf8"), path, SUMMARY_COLUMNS);
    const logs = names(join(folder, "runs")).filter((name) => name.endsWith(".csv"));
    return {
      rows: rows.map(({ median_step_milliseconds: _m, training_seconds: _t, ...row }) => row),
      logs: logs.map((name) =>
        readRunLog(join(folder, "runs", name)).map(({ trainingSeconds: _, ...row }) => row),
      ),
    };
  };
  expect(withoutTimes(out)).toEqual(withoutTimes(undisturbed));
}
