// What a study's numbers say about the poster's claims, by the criteria of docs/protocol.md.

import { nameOfStudyEntry } from "../config/study-names.js";
import { firstAtMost, gapAtTrainLoss, gapOf } from "../results/log-measures.js";
import type { LogRow } from "../results/run-log.js";
import { relativeLoss, type Spread, spreadOf } from "../statistics.js";
import { type Branch, endOf, type ResultOf } from "./plan.js";

/** "Quickly": to this many times Adam's final median test loss. */
export const TARGET_FACTOR = 1.1;
/** "Comparable": the median of the paired relative differences is at most so large. */
export const COMPARABLE = 0.02;
/** With fewer seeds there is no interval. */
export const LEAST_SEEDS = 5;

/** The final runs of one optimizer on one problem that were trained to their end. */
export interface Contender {
  label: string;
  /** What people call it. */
  name: string;
  optimizer: string;
  learningRate: number | null;
  /** What the search chose beside the rate, in words; empty where it searched nothing else. */
  variant: string;
  atEdge: boolean;
  /** Rates × settings × seeds that the search took, and of how many settings. */
  trials: number;
  variants: number;
  seeds: number[];
  /** Diverged, failed or timed out. */
  lost: { seed: number; status: string; step: number }[];
  /** By seed, of the runs that were trained to their end; losses below are of those. */
  rows: Map<number, LogRow[]>;
  /** Of the last evaluation. */
  testLoss: Spread | null;
  trainLoss: Spread | null;
  gap: Spread | null;
  stepMilliseconds: number | null;
}

export function contenderOf(
  { entry, search, runs }: Branch,
  resultOf: ResultOf,
  stepMilliseconds: number | null,
): Contender {
  const final = runs.filter(({ role }) => role === "final");
  const results = final.flatMap((run) => resultOf(run) ?? []);
  const done = results.filter((result) => endOf(result) === "done");
  const lastOf = (value: (row: LogRow) => number) =>
    spreadOf(done.flatMap(({ rows }) => rows.slice(-1).map(value)));
  return {
    ...{ label: entry.label, name: nameOfStudyEntry(entry), optimizer: entry.name, stepMilliseconds },
    atEdge: search.chosen?.atEdge ?? false,
    learningRate: search.chosen?.rate ?? null,
    variant: search.chosen?.variant.words ?? "",
    ...{ trials: search.trials, variants: search.searches.length },
    seeds: results.map(({ record }) => record.seed),
    lost: results
      .filter((result) => endOf(result) !== "done")
      .map((result) => ({ seed: result.record.seed, status: endOf(result), step: result.record.step })),
    rows: new Map(done.map(({ record, rows }) => [record.seed, rows])),
    testLoss: lastOf(({ testLoss }) => testLoss),
    trainLoss: lastOf(({ trainLoss }) => trainLoss),
    gap: lastOf(gapOf),
  };
}

/** One number a seed. */
export interface Paired {
  differences: { seed: number; value: number }[];
  /** Seeds of either that have no number. */
  missing: number[];
  spread: Spread | null;
  /** What the true median lies in, with this probability if seeds are independent; null for too few of them. */
  coverage: number | null;
}

export function pairedOf(
  own: Contender,
  rival: Contender,
  differenceOf: (seed: number) => number | undefined,
): Paired {
  const seeds = [...new Set([...own.seeds, ...rival.seeds])].sort((a, b) => a - b);
  const differences = seeds.flatMap((seed) => {
    const value = differenceOf(seed);
    return value === undefined ? [] : [{ seed, value }];
  });
  const count = differences.length;
  return {
    differences,
    missing: seeds.filter((seed) => differences.every((one) => one.seed !== seed)),
    spread: spreadOf(differences.map(({ value }) => value)),
    // The median is outside the range of n values only if all of them fell on one side of it: 2 × 2⁻ⁿ.
    coverage: count >= LEAST_SEEDS ? 1 - 2 ** (1 - count) : null,
  };
}

export interface Reach {
  reached: number;
  /** Seeds that were trained to their end or diverged. */
  of: number;
  /** Median over those, of which one that never reached it took infinitely many; null where that is the median. */
  steps: number | null;
  seconds: number | null;
}

/** When the test loss was first at most `target`, at the evaluations. */
export function reachOf({ rows, lost, stepMilliseconds }: Contender, target: number): Reach {
  const trained = [...rows.values()].map((log) => firstAtMost(log, target)?.step ?? Infinity);
  const steps = [...trained, ...lost.filter(diverged).map(() => Infinity)];
  const median = spreadOf(steps)?.median ?? Infinity;
  const middle = median === Infinity ? null : median;
  return {
    ...{ reached: steps.filter(Number.isFinite).length, of: steps.length, steps: middle },
    seconds: middle === null || stepMilliseconds === null ? null : (middle * stepMilliseconds) / 1000,
  };
}

function diverged({ status }: Contender["lost"][number]): boolean {
  return status === "diverged";
}

export type Verdict = "yes" | "no" | "undecided";

/** (own − rival) / rival, of the final test losses; a run that diverged is infinitely worse than one that did not. */
export function lossDifferences(own: Contender, rival: Contender): Paired {
  const finalLoss = ({ rows, lost }: Contender, seed: number): number | undefined =>
    lost.some((one) => one.seed === seed && diverged(one)) ? Infinity : rows.get(seed)?.at(-1)?.testLoss;
  return pairedOf(own, rival, (seed) => {
    const [a, b] = [finalLoss(own, seed), finalLoss(rival, seed)];
    if (a === undefined || b === undefined || (a === Infinity && b === Infinity)) return undefined;
    return relativeLoss(a, b);
  });
}

export function comparison({ spread }: Paired): "better" | "comparable" | "worse" | "undecided" {
  // Midway between a seed that diverged and one whose rival did.
  if (!spread || Number.isNaN(spread.median)) return "undecided";
  if (spread.median < -COMPARABLE) return "better";
  return spread.median > COMPARABLE ? "worse" : "comparable";
}

/** Its gap between test and train loss less the rival's, at the lowest train loss that both reached; seeds that both finished. */
export function gapDifferences(own: Contender, rival: Contender): Paired {
  const leastOf = (rows: LogRow[]) => Math.min(...rows.map(({ trainLoss }) => trainLoss));
  return pairedOf(own, rival, (seed) => {
    const [a, b] = [own.rows.get(seed), rival.rows.get(seed)];
    if (!a || !b) return undefined;
    const level = Math.max(leastOf(a), leastOf(b));
    const [gap, other] = [gapAtTrainLoss(a, level), gapAtTrainLoss(b, level)];
    return gap === null || other === null ? undefined : gap - other;
  });
}

/** Whether differences are below 0: only if all seeds have one and agree. */
export function below({ differences, missing }: Paired): Verdict {
  if (differences.length === 0 || missing.length > 0) return "undecided";
  if (differences.every(({ value }) => value < 0)) return "yes";
  return differences.every(({ value }) => value >= 0) ? "no" : "undecided";
}
