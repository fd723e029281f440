// Which optimizer of a run ended lowest, and by how much: medians over seeds of the test loss.

import { median, relativeLoss } from "../statistics.js";
import { runNameOf, type SummaryRow } from "./summary.js";

/** An optimizer and its runs, one a seed. */
export interface Entrant {
  label: string;
  optimizer: string;
  rows: SummaryRow[];
  /** By seed; infinite where the run diverged or blew up, and nothing where it was not trained to an end. */
  testLosses: Map<number, number>;
  /** Infinite where half or more diverged; null where no run ended. */
  medianTestLoss: number | null;
}

export interface Rival extends Entrant {
  /** (the best's median − this one's) / this one's: below 0. */
  difference: number;
  /** On how many of the seeds that both have the best ended lower. */
  lower: number;
  paired: number;
}

export interface Ranking {
  /** In the order of the configuration. */
  entrants: Entrant[];
  /** null where none was trained to its end. */
  best: Entrant | null;
  /** All others that ended, from the lowest on. */
  rivals: Rival[];
}

/** @param lost names of runs that are done, but blew up */
export function rankingOf(rows: readonly SummaryRow[], lost: readonly string[]): Ranking {
  const labels = [...new Set(rows.map(({ label }) => String(label)))];
  const entrants = labels.map((label): Entrant => {
    const own = rows.filter((row) => row.label === label);
    const testLosses = new Map(own.flatMap((row) => lossOf(row, lost)));
    const middle = medianOf([...testLosses.values()]);
    return { label, optimizer: String(own[0].optimizer), rows: own, testLosses, medianTestLoss: middle };
  });
  const ended = entrants
    .filter(({ medianTestLoss }) => medianTestLoss !== null)
    .sort((a, b) => ((a.medianTestLoss ?? 0) < (b.medianTestLoss ?? 0) ? -1 : 1));
  const [best, ...others] = ended;
  if (!best || best.medianTestLoss === Infinity) return { entrants, best: null, rivals: [] };
  return { entrants, best, rivals: others.map((other) => rivalOf(best, other)) };
}

/** Half of an even number may have diverged: then the middle is not a number, and they count as lost. */
function medianOf(losses: readonly number[]): number | null {
  const middle = median(losses);
  return middle !== null && Number.isNaN(middle) ? Infinity : middle;
}

function lossOf(row: SummaryRow, lost: readonly string[]): [number, number][] {
  const seed = Number(row.seed);
  if (row.status === "diverged" || lost.includes(runNameOf(row))) return [[seed, Infinity]];
  return typeof row.test_loss === "number" ? [[seed, row.test_loss]] : [];
}

function rivalOf(best: Entrant, other: Entrant): Rival {
  const pairs = [...best.testLosses].flatMap(([seed, own]) => {
    const theirs = other.testLosses.get(seed);
    return theirs === undefined ? [] : [own < theirs];
  });
  return {
    ...other,
    difference: relativeLoss(best.medianTestLoss ?? 0, other.medianTestLoss ?? 0),
    lower: pairs.filter(Boolean).length,
    paired: pairs.length,
  };
}
