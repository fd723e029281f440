// What a study's numbers say about the poster's claims, by the criteria of docs/protocol.md.

import { firstAtMost, gapAtTrainLoss, gapOf, type Spread, spreadOf } from "../output/statistics.js";
import type { LogRow } from "../training/train.js";
import { type Branch, endOf, type ResultOf } from "./plan.js";

/** "Quickly": to this many times Adam's final median test loss. */
export const TARGET_FACTOR = 1.1;
/** "Comparable": the median of the paired relative differences is at most so large. */
export const COMPARABLE = 0.02;
/** With fewer seeds there is no interval. */
export const LEAST_SEEDS = 5;

/** The final runs of one optimizer on one dataset that were trained to their end. */
export interface Contender {
  label: string;
  optimizer: string;
  learningRate: number | null;
  atEdge: boolean;
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
    ...{ label: entry.label, optimizer: entry.name, stepMilliseconds, atEdge: search.atEdge },
    learningRate: search.chosen?.rate ?? null,
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
  spread: Spread | null;
  /** What the true median lies in, with this probability if seeds are independent; null for too few of them. */
  coverage: number | null;
}

function pairedOf(differences: Paired["differences"]): Paired {
  const count = differences.length;
  return {
    differences,
    spread: spreadOf(differences.map(({ value }) => value)),
    // The median is outside the range of n values only if all of them fell on one side of it: 2 × 2⁻ⁿ.
    coverage: count >= LEAST_SEEDS ? 1 - 2 ** (1 - count) : null,
  };
}

export interface Reach {
  reached: number;
  of: number;
  /** Median over the seeds; null unless every one reached it. */
  steps: number | null;
  seconds: number | null;
}

/** When the test loss was first at most `target`, at the evaluations. */
export function reachOf({ rows, seeds, stepMilliseconds }: Contender, target: number): Reach {
  const steps = [...rows.values()].flatMap((log) => firstAtMost(log, target)?.step ?? []);
  const middle = steps.length === seeds.length ? (spreadOf(steps)?.median ?? null) : null;
  return {
    ...{ reached: steps.length, of: seeds.length, steps: middle },
    seconds: middle === null || stepMilliseconds === null ? null : (middle * stepMilliseconds) / 1000,
  };
}

export type Verdict = "yes" | "no" | "undecided";

/** (RP − rival) / rival, of the final test losses; a run that diverged is infinitely worse than one that did not. */
export function lossDifferences(rp: Contender, rival: Contender): Paired {
  const finalLoss = ({ rows, lost }: Contender, seed: number): number | undefined =>
    lost.some((one) => one.seed === seed && one.status === "diverged")
      ? Infinity
      : rows.get(seed)?.at(-1)?.testLoss;
  return pairedOf(
    rp.seeds.flatMap((seed) => {
      const [own, other] = [finalLoss(rp, seed), finalLoss(rival, seed)];
      if (own === undefined || other === undefined || (own === Infinity && other === Infinity)) return [];
      return [{ seed, value: other === Infinity ? -Infinity : (own - other) / other }];
    }),
  );
}

export function comparison({ spread }: Paired): "better" | "comparable" | "worse" | "undecided" {
  if (!spread) return "undecided";
  if (spread.median < -COMPARABLE) return "better";
  return spread.median > COMPARABLE ? "worse" : "comparable";
}

/** RP's gap between test and train loss less the rival's, at the lowest train loss that both reached; seeds that both finished. */
export function gapDifferences(rp: Contender, rival: Contender): Paired {
  const leastOf = (rows: LogRow[]) => Math.min(...rows.map(({ trainLoss }) => trainLoss));
  return pairedOf(
    [...rp.rows].flatMap(([seed, a]) => {
      const b = rival.rows.get(seed);
      if (!b) return [];
      const level = Math.max(leastOf(a), leastOf(b));
      const [own, other] = [gapAtTrainLoss(a, level), gapAtTrainLoss(b, level)];
      return own === null || other === null ? [] : [{ seed, value: own - other }];
    }),
  );
}

/** Whether differences are below 0: only if all agree. */
export function below({ differences }: Paired): Verdict {
  if (differences.length === 0) return "undecided";
  if (differences.every(({ value }) => value < 0)) return "yes";
  return differences.every(({ value }) => value >= 0) ? "no" : "undecided";
}
