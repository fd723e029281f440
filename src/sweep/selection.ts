// The search for one optimizer's learning rate on one dataset, as a function of the outcomes there are so far: what to
// run next, or which rate is chosen and why the others are not. See docs/protocol.md.

import type { RunStatus } from "../results/run-record.js";

/** How a tuning run ended. */
export interface Outcome {
  status: RunStatus;
  /** Steps made, or the step at which divergence was found. */
  step: number;
  /** null where it was never evaluated. */
  bestValidationLoss: number | null;
}

export interface SearchOptions {
  /** The first rates. */
  grid: readonly number[];
  seeds: readonly number[];
  /** Rates tried in all; the grid always is. */
  mostRates: number;
}

export type Stage = "grid" | "extension" | "refinement";

export interface TriedRate {
  rate: number;
  stage: Stage;
  outcomes: { seed: number; outcome: Outcome | undefined }[];
  /** The best validation loss of each run that ended well. */
  losses: number[];
  /** Over the seeds, of their best validation losses; null while one is missing or did not end well. */
  meanLoss: number | null;
}

export interface Search {
  /** By rate. */
  tried: TriedRate[];
  /** Runs to make now; empty when the search is over. */
  pending: { rate: number; seed: number }[];
  /** null while it goes on, and where no rate held for every seed. */
  chosen: TriedRate | null;
  /** The limit of rates, or of float32, ended the search before the chosen rate had a neighbour on both sides. */
  atEdge: boolean;
  /** It ended the search before the chosen rate was refined on both sides. */
  unrefined: boolean;
}

/** Steps of the search in powers of ten: first √10, then its root. */
const COARSE = 1 / 2;
const FINE = 1 / 4;
/** Rates are rounded, so a neighbour counts as near from a little above the fine step. */
const NEAR = 10 ** FINE * 1.05;
const LEAST_RATE = 1e-37;
const GREATEST_RATE = 1e38;

export function searchRate(
  options: SearchOptions,
  outcomeOf: (rate: number, seed: number) => Outcome | undefined,
): Search {
  const stages = new Map<number, Stage>(options.grid.map((rate) => [rate, "grid"]));
  for (;;) {
    const tried = [...stages]
      .sort(([a], [b]) => a - b)
      .map(([rate, stage]) => tryRate(rate, stage, options.seeds, outcomeOf));
    const pending = tried.flatMap(({ rate, outcomes }) =>
      outcomes.flatMap(({ seed, outcome }) => (outcome ? [] : [{ rate, seed }])),
    );
    if (pending.length > 0) return { tried, pending, chosen: null, atEdge: false, unrefined: false };

    const wanted = nextRates(tried);
    const room = Math.max(0, options.mostRates - stages.size);
    if (wanted.length === 0 || room === 0) {
      const chosen = best(tried);
      const atEdge = chosen !== null && (chosen === tried[0] || chosen === tried.at(-1));
      return { tried, pending, chosen, atEdge, unrefined: chosen !== null && wanted.length > 0 };
    }
    for (const { rate, stage } of wanted.slice(0, room)) stages.set(rate, stage);
  }
}

function tryRate(
  rate: number,
  stage: Stage,
  seeds: readonly number[],
  outcomeOf: (rate: number, seed: number) => Outcome | undefined,
): TriedRate {
  const outcomes = seeds.map((seed) => ({ seed, outcome: outcomeOf(rate, seed) }));
  const losses = outcomes.flatMap(({ outcome }) =>
    outcome?.status === "done" && outcome.bestValidationLoss !== null ? [outcome.bestValidationLoss] : [],
  );
  const whole = losses.length === seeds.length;
  return {
    ...{ rate, stage, outcomes, losses },
    meanLoss: whole ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length : null,
  };
}

/** The least mean; of equal ones the lower rate, which is the safer. */
function best(tried: readonly TriedRate[]): TriedRate | null {
  return tried.reduce<TriedRate | null>(
    (least, one) =>
      one.meanLoss !== null && (least?.meanLoss == null || one.meanLoss < least.meanLoss) ? one : least,
    null,
  );
}

function nextRates(tried: readonly TriedRate[]): { rate: number; stage: Stage }[] {
  const chosen = best(tried);
  if (!chosen) {
    // Smaller ones may hold, unless the runs ended for another reason than their rate.
    const [lowest] = tried;
    return lowest.outcomes.some(({ outcome }) => outcome?.status === "diverged")
      ? inRange([{ rate: scaled(lowest.rate, -COARSE), stage: "extension" }])
      : [];
  }
  const index = tried.indexOf(chosen);
  const [below, above] = [tried[index - 1], tried[index + 1]];
  const extensions = [
    ...(below ? [] : [{ rate: scaled(chosen.rate, -COARSE), stage: "extension" as const }]),
    ...(above ? [] : [{ rate: scaled(chosen.rate, COARSE), stage: "extension" as const }]),
  ];
  if (extensions.length > 0) return inRange(extensions);
  return [
    ...(chosen.rate / below.rate > NEAR
      ? [{ rate: scaled(chosen.rate, -FINE), stage: "refinement" as const }]
      : []),
    ...(above.rate / chosen.rate > NEAR
      ? [{ rate: scaled(chosen.rate, FINE), stage: "refinement" as const }]
      : []),
  ];
}

function inRange<T extends { rate: number }>(rates: T[]): T[] {
  return rates.filter(({ rate }) => rate > LEAST_RATE && rate < GREATEST_RATE);
}

/** rate × 10^exponent to three digits, on the grid 1, 1.78, 3.16, 5.62, 10, … where the rate is on it. */
function scaled(rate: number, exponent: number): number {
  const position = Math.round((Math.log10(rate) + exponent) * 100) / 100;
  return Number((10 ** position).toPrecision(3));
}

/** Why a rate was chosen or not, in words. */
export function verdictOf(one: TriedRate, search: Search): string {
  const { chosen, pending, tried } = search;
  if (one.outcomes.some(({ outcome }) => !outcome)) return "not finished";
  const bad = one.outcomes.filter(({ outcome }) => outcome?.status !== "done");
  if (bad.length > 0) {
    const each = bad.map(({ seed, outcome }) => `seed ${seed} ${outcome?.status} at step ${outcome?.step}`);
    return each.join("; ");
  }
  if (pending.length > 0) return "held; the search goes on";
  if (one !== chosen) return `mean above that of ${chosen?.rate}`;
  const reason = "least mean validation loss";
  if (search.atEdge) {
    return `${reason}, but it is the ${tried[0] === one ? "lowest" : "highest"} rate tried and the search is at its limit`;
  }
  if (search.unrefined) return `${reason}; the limit of rates came before its refinement`;
  const failed = tried.filter(({ outcomes }) =>
    outcomes.some(({ outcome }) => outcome?.status === "failed" || outcome?.status === "timed_out"),
  );
  if (failed.length === 0) return reason;
  return `${reason}; of ${failed.map(({ rate }) => rate).join(", ")} a run failed, and the same command tries it again`;
}
