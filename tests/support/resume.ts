// Runs that are killed in the middle, and what they must leave.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { readRunLog } from "../../src/results/run-log.js";
import { root } from "./cli.js";

/** An optimizer that keeps what it needs in each of the ways there are. */
export const OPTIMIZERS = [
  { name: "sgd", learningRate: 2, momentum: 0.9, warmupSteps: 30 },
  { name: "adam", learningRate: 0.001 },
  { name: "rp", learningRate: 2 },
  {
    ...{ name: "rp", learningRate: 10, curvature: { outputs: 32 }, curvatureDecay: 0.9, safeguard: true },
    ...{ momentum: 0.9, warmupSteps: 30 },
  },
  { name: "rp", label: "automatic", learningRate: "auto", curvature: { outputs: 64 }, curvatureDecay: 0.9 },
];

/** The module of docs/extend.md that saves what it keeps. */
export function keptModule(): string {
  const page = readFileSync(join(root, "docs", "extend.md"), "utf8");
  return /```js\n(\/\/ rmsprop-kept\.mjs[\s\S]*?)```/.exec(page)?.[1] ?? "";
}

/** Writes a configuration of `run`, with a small network and few images; returns its path. */
export function writeRun(folder: string, changes: Record<string, unknown>): string {
  const path = join(folder, "run.json");
  const small = { layerSizes: [784, 16, 784], trainLimit: 400, batchSize: 20, evalEvery: 30 };
  writeFileSync(path, JSON.stringify({ ...small, threads: 1, ...changes }));
  return path;
}

/** All of a folder's runs that does not depend on times, by their names; and how often one went on. */
export function runsOf(folder: string): { runs: Record<string, unknown>; resumed: number } {
  const runs = join(folder, "runs");
  let resumed = 0;
  const entries = readdirSync(runs).map((name): [string, unknown] => {
    const path = join(runs, name);
    if (name.endsWith(".csv")) return [name, readRunLog(path).map(({ trainingSeconds: _, ...row }) => row)];
    if (!name.endsWith(".json")) return [name, readFileSync(path).toString("base64")];
    const {
      trainingSeconds: _s,
      medianStepMilliseconds: _m,
      logSha256: _l,
      resumedAt,
      ...record
    } = JSON.parse(readFileSync(path, "utf8"));
    resumed += resumedAt?.length ?? 0;
    return [name, record];
  });
  return { runs: Object.fromEntries(entries), resumed };
}

/** The same runs as in a folder that nothing disturbed, and nothing else. */
export function expectSameRuns(folder: string, undisturbed: string): void {
  const [here, there] = [runsOf(folder).runs, runsOf(undisturbed).runs];
  expect(Object.keys(here).sort()).toEqual(Object.keys(there).sort());
  expect(here).toEqual(there);
}
