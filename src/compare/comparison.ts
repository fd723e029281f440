// Two result folders side by side: what each optimizer reached, and what a step took.

import { RpBenchError } from "../errors.js";
import { byProblem, type Group, groupRuns, nameOf, nameOfKind, titleOf } from "../figures/groups.js";
import type { Cell } from "../results/csv.js";
import { blewUp } from "../results/divergence.js";
import { type RunResult, readResults } from "../results/results.js";
import type { Rate } from "../results/run-name.js";
import { median, relativeDifference, type Spread, spreadOf } from "../statistics.js";
import { canBePaired, differencesOf, makingOf } from "./likeness.js";

export interface Side {
  learningRate: Rate;
  settings: string;
  seeds: number[];
  /** Runs that were not trained to their end, or whose loss blew up at it. */
  unfinished: number;
  /** Of the last evaluation, over the seeds that were trained to their end. */
  testLoss: Spread | null;
  stepMilliseconds: number | null;
}

export interface Comparison {
  /** As figures show it: a copy is called one. */
  problem: string;
  label: string;
  /** What people call the optimizer. */
  name: string;
  /** null where a folder has no such runs. */
  a: Side | null;
  b: Side | null;
  /** (b − a) / a over the seeds that both finished; where there are no pairs, of the medians. */
  lossDifference: number | null;
  /** Seeds behind that difference; 0: of the medians. */
  pairedSeeds: number;
  /** Whether networks and batches are the same, as far as the manifests say; else there are no pairs. */
  alike: boolean;
}

export interface FolderComparison {
  /** Problem by problem. */
  comparisons: Comparison[];
  /** How the making of what both have differs, in words; null where it does not, or it is not known. */
  difference: string | null;
}

/** Differences that are named. */
const MOST_NAMED = 5;

/** @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT */
export function compareFolders(
  a: string,
  b: string,
  warn: (message: string) => void = () => {},
): FolderComparison {
  const [first, second] = [a, b].map((folder) => finalGroups(folder, warn));
  const problems = [...new Set([...first.keys(), ...second.keys()])];
  const each = problems.map((problem) => {
    const [one, other] = [first, second].map((all) => all.get(problem) ?? new Map<string, Group>());
    const labels = [...new Set([...one.keys(), ...other.keys()])];
    const [makingA, makingB] = [
      makingOf(
        a,
        [...one.values()].filter(({ label }) => other.has(label)),
      ),
      makingOf(
        b,
        [...other.values()].filter(({ label }) => one.has(label)),
      ),
    ];
    const alike = canBePaired(makingA, makingB);
    const comparisons = labels.map((label): Comparison => {
      const [groupA, groupB] = [one.get(label), other.get(label)];
      const sides = { a: sideOf(groupA), b: sideOf(groupB) };
      const name = nameOfBoth(groupA, groupB);
      return { problem, label, name, ...sides, alike, ...difference(groupA, groupB, alike) };
    });
    return { comparisons, differences: differencesOf(makingA, makingB) };
  });
  const found = [...new Set(each.flatMap(({ differences }) => differences))];
  const more = found.length > MOST_NAMED ? ` (and ${found.length - MOST_NAMED} more)` : "";
  return {
    comparisons: each.flatMap(({ comparisons }) => comparisons),
    difference: found.length > 0 ? `${found.slice(0, MOST_NAMED).join("; ")}${more}` : null,
  };
}

/** Final runs by problem, as figures show it, and label. */
function finalGroups(folder: string, warn: (message: string) => void): Map<string, Map<string, Group>> {
  const results = readResults(folder, warn).filter(({ role }) => role !== "tuning");
  if (results.length === 0) {
    throw new RpBenchError(
      "RESULTS_ABSENT",
      `${folder}: has no final runs yet, so there is nothing to compare`,
    );
  }
  return new Map(
    [...byProblem(results).values()].map((runs) => {
      const groups = groupRuns(runs).map((group): [string, Group] => [group.label, group]);
      return [titleOf(runs), new Map(groups)];
    }),
  );
}

/** Of settings that differ, none. */
function nameOfBoth(a: Group | undefined, b: Group | undefined): string {
  const names = new Set([a, b].flatMap((group) => (group ? [nameOf(group)] : [])));
  const [group] = [a, b].flatMap((one) => one ?? []);
  const [name = ""] = names;
  return names.size > 1 && group ? nameOfKind(group) : name;
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
  const done = runs.filter(
    ({ status, step, rows }) => status === "done" && rows.at(-1)?.step === step && !blewUp(rows),
  );
  return new Map(
    done.flatMap(({ seed, rows }: RunResult) => rows.slice(-1).map((row) => [seed, row.testLoss])),
  );
}

function difference(
  a: Group | undefined,
  b: Group | undefined,
  alike: boolean,
): Pick<Comparison, "lossDifference" | "pairedSeeds"> {
  const [before, after] = [a, b].map((group) => (group ? finalLosses(group) : new Map<number, number>()));
  const paired = [...before].flatMap(([seed, loss]) => {
    const other = after.get(seed);
    return other === undefined ? [] : [relativeDifference(other, loss)];
  });
  if (alike && paired.length > 0)
    return { lossDifference: finite(median(paired)), pairedSeeds: paired.length };
  const [one, other] = [median([...before.values()]), median([...after.values()])];
  const known = one !== null && other !== null;
  return { lossDifference: known ? finite(relativeDifference(other, one)) : null, pairedSeeds: 0 };
}

/** null also of what is no number: nothing can be said in parts of a loss of 0. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/** Head and rows, for a terminal. */
export function comparisonTable(comparisons: readonly Comparison[]): string[][] {
  const head = ["optimizer", "rate A", "rate B", "seeds A", "seeds B"];
  const more = ["test loss A", "test loss B", "B − A", "ms/step A", "ms/step B"];
  const cell = (value: Cell | undefined) => (value === null || value === undefined ? "–" : String(value));
  const rows = comparisons.map(({ name, a, b, lossDifference, pairedSeeds, alike }) => {
    const seeds = (side: Side | null) =>
      side &&
      (side.unfinished > 0 ? `${side.seeds.length} (${side.unfinished} not done)` : side.seeds.length);
    const how = pairedSeeds > 0 ? `${pairedSeeds} paired` : alike ? "of medians" : "other networks or data";
    const sign = (lossDifference ?? 0) > 0 ? "+" : "";
    return [
      ...[name, cell(a?.learningRate), cell(b?.learningRate), cell(seeds(a)), cell(seeds(b))],
      ...[cell(a?.testLoss?.median.toPrecision(4)), cell(b?.testLoss?.median.toPrecision(4))],
      lossDifference === null ? "–" : `${sign}${(100 * lossDifference).toFixed(1)} % (${how})`,
      ...[cell(a?.stepMilliseconds?.toFixed(2)), cell(b?.stepMilliseconds?.toFixed(2))],
    ];
  });
  return [[...head, ...more], ...rows];
}
