// An optimizer's final runs on a problem, made of losses.

import type { LogRow } from "../../src/results/run-log.js";
import { spreadOf } from "../../src/statistics.js";
import type { Contender } from "../../src/sweep/claims.js";

/** Test losses at steps 0, 10, 20, …; train losses are lower by `gap`. */
export const log = (losses: number[], gap = 0.001): LogRow[] =>
  losses.map((testLoss, index) => ({
    ...{ epoch: index, step: 10 * index, trainingSeconds: index, validationLoss: testLoss },
    ...{ testLoss, trainLoss: testLoss - gap },
  }));

export function contender(
  label: string,
  optimizer: string,
  logs: Record<number, LogRow[]>,
  more = {},
): Contender {
  const rows = new Map(Object.entries(logs).map(([seed, value]) => [Number(seed), value]));
  const last = (value: (row: LogRow) => number) =>
    spreadOf([...rows.values()].map((all) => value(all.slice(-1)[0])));
  return {
    ...{ variant: "", trials: 0, variants: 1 },
    ...{
      label,
      name: label,
      optimizer,
      learningRate: 1,
      atEdge: false,
      seeds: [...rows.keys()],
      lost: [],
      rows,
    },
    testLoss: last(({ testLoss }) => testLoss),
    trainLoss: last(({ trainLoss }) => trainLoss),
    gap: last(({ testLoss, trainLoss }) => testLoss - trainLoss),
    stepMilliseconds: 100,
    ...more,
  };
}

export const seeds = (count: number, make: (seed: number) => LogRow[]) =>
  Object.fromEntries(Array.from({ length: count }, (_, seed) => [seed, make(seed)]));
