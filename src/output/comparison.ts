// Two result folders side by side: what each optimizer reached, and what a step took.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { RpBenchError } from "../errors.js";
import { median } from "../statistics.js";
import type { Cell } from "./csv.js";
import { type Group, groupRuns, titleOfDataset } from "./figures/groups.js";
import { checksumsOf, differenceOf, flatten, readManifest } from "./manifest.js";
import { type RunResult, readResults } from "./results.js";
import { type Spread, spreadOf } from "./statistics.js";

export interface Side {
  learningRate: number;
  settings: string;
  seeds: number[];
  /** Runs that were not trained to their end. */
  unfinished: number;
  /** Of the last evaluation, over the seeds that were trained to their end. */
  testLoss: Spread | null;
  stepMilliseconds: number | null;
}

export interface Comparison {
  /** As figures show it: a copy is called one. */
  dataset: string;
  label: string;
  /** null where a folder has no such runs. */
  a: Side | null;
  b: Side | null;
  /** (b − a) / a over the seeds that both finished; where they share none, of the medians. */
  lossDifference: number | null;
  /** Seeds behind that difference; 0: of the medians. */
  pairedSeeds: number;
}

/** @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT */
export function compareFolders(a: string, b: string): Comparison[] {
  const [first, second] = [a, b].map(finalGroups);
  const keys = [...new Set([...first.keys(), ...second.keys()])];
  return keys.map((key) => {
    const [dataset, label] = key.split("\n");
    const [one, other] = [first.get(key), second.get(key)];
    return { dataset, label, a: sideOf(one), b: sideOf(other), ...difference(one, other) };
  });
}

/** What of two folders' configurations or data differs, in words; null where nothing does, or it is not known. */
export function differenceOfFolders(a: string, b: string): string | null {
  const paths = [a, b].map((folder) => join(folder, "manifest.json"));
  if (!paths.every(existsSync)) return null;
  const [before, now] = paths.map((path) => {
    const { command, config, datasets } = readManifest(path);
    return flatten({ command, ...config, checksums: checksumsOf(datasets) });
  });
  return differenceOf(before, now, ["in A", "in B"]);
}

/** Final runs by dataset and label. */
function finalGroups(folder: string): Map<string, Group> {
  const results = readResults(folder).filter(({ role }) => role !== "tuning");
  const datasets = [...new Set(results.map(({ dataset }) => dataset))];
  if (results.length === 0) {
    throw new RpBenchError(
      "RESULTS_ABSENT",
      `${folder}: has no final runs yet, so there is nothing to compare`,
    );
  }
  return new Map(
    datasets.flatMap((dataset) =>
      groupRuns(results.filter((run) => run.dataset === dataset)).map(
        (group) => [`${titleOfDataset(dataset, group.runs)}\n${group.label}`, group] as const,
      ),
    ),
  );
}

function sideOf(group: Group | undefined): Side | null {
  if (!group) return null;
  const { learningRate, settings, runs } = group;
  const losses = [...finalLosses(group).values()];
  const times = runs.flatMap(({ medianStepMilliseconds }) => medianStepMilliseconds ?? []);
  return {
    ...{ learningRate, settings, seeds: runs.map(({ seed }) => seed) },
    unfinished: runs.length - losses.length,
    testLoss: spreadOf(losses),
    stepMilliseconds: median(times),
  };
}

/** Test loss by seed. */
function finalLosses({ runs }: Group): Map<number, number> {
  const done = runs.filter(({ status, step, rows }) => status === "done" && rows.at(-1)?.step === step);
  return new Map(
    done.flatMap(({ seed, rows }: RunResult) => rows.slice(-1).map((row) => [seed, row.testLoss])),
  );
}

function difference(
  a: Group | undefined,
  b: Group | undefined,
): Pick<Comparison, "lossDifference" | "pairedSeeds"> {
  const [before, after] = [a, b].map((group) => (group ? finalLosses(group) : new Map<number, number>()));
  const paired = [...before].flatMap(([seed, loss]) => {
    const other = after.get(seed);
    return other === undefined ? [] : [(other - loss) / loss];
  });
  if (paired.length > 0) return { lossDifference: median(paired), pairedSeeds: paired.length };
  const [one, other] = [median([...before.values()]), median([...after.values()])];
  const known = one !== null && other !== null;
  return { lossDifference: known ? (other - one) / one : null, pairedSeeds: 0 };
}

/** Head and rows, for a terminal. */
export function comparisonTable(comparisons: readonly Comparison[]): string[][] {
  const head = ["dataset", "optimizer", "rate A", "rate B", "seeds A", "seeds B"];
  const more = ["test loss A", "test loss B", "B − A", "ms/step A", "ms/step B"];
  const cell = (value: Cell | undefined) => (value === null || value === undefined ? "–" : String(value));
  const rows = comparisons.map(({ dataset, label, a, b, lossDifference, pairedSeeds }) => {
    const seeds = (side: Side | null) =>
      side &&
      (side.unfinished > 0 ? `${side.seeds.length} (${side.unfinished} not done)` : side.seeds.length);
    const how = pairedSeeds > 0 ? `${pairedSeeds} paired` : "of medians";
    const sign = (lossDifference ?? 0) > 0 ? "+" : "";
    return [
      ...[dataset, label, cell(a?.learningRate), cell(b?.learningRate), cell(seeds(a)), cell(seeds(b))],
      ...[cell(a?.testLoss?.median.toPrecision(4)), cell(b?.testLoss?.median.toPrecision(4))],
      lossDifference === null ? "–" : `${sign}${(100 * lossDifference).toFixed(1)} % (${how})`,
      ...[cell(a?.stepMilliseconds?.toFixed(2)), cell(b?.stepMilliseconds?.toFixed(2))],
    ];
  });
  return [[...head, ...more], ...rows];
}
