// Studies small enough for a test: real MNIST, a small network, few images.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { type Finished, start } from "./cli.js";

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

/** A study's tables but for the times in them. */
export function tablesWithoutTimes(folder: string): string {
  const path = join(folder, "summary.csv");
  const rows = readCsv(readFileSync(path, "utf8"), path, SUMMARY_COLUMNS);
  const kept = rows.map(({ median_step_milliseconds: _m, training_seconds: _t, ...row }) => row);
  return JSON.stringify(kept) + readFileSync(join(folder, "selection.csv"), "utf8");
}

/** Starts a command and kills it, so many times, from before its folder is made to the middle of some run. */
export async function killAgainAndAgain(command: string[], times: number): Promise<number> {
  const random = xoroshiro128plus(2024);
  let unfinished = 0;
  for (let kills = 0; kills < times; kills++) {
    const { child, finished, stderrHas } = start(command);
    // The study is short: most of its starts must not finish it.
    await Promise.race([stderrHas("runs are made").catch(() => {}), sleep(uniformInt(random, 100, 1200))]);
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
