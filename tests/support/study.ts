// Studies small enough for a test: real MNIST, a small network, few images.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCsv } from "../../src/output/csv.js";
import { SUMMARY_COLUMNS } from "../../src/output/summary.js";

export const TINY = {
  datasets: [{ name: "mnist", layerSizes: [784, 16, 784], tuningEpochs: 1, finalSeeds: 2 }],
  batchSize: 20,
  epochs: 2,
  evalEvery: 9,
  trainLimit: 400,
  // Three rates tried beside the grid at most, so that the study stays small.
  mostRates: 5,
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
