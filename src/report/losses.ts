// The loss curves of one problem: the descriptions that the PNG figures are drawn from, and every seed's own rows.

import { groupRuns, looksOf } from "../figures/groups.js";
import { lossOverEpochs, lossOverSeconds, lossOverSteps, seconds } from "../figures/loss-curves.js";
import type { RunResult } from "../results/results.js";
import type { LossPanel, SeedRow } from "./model.js";

/** Rows of all logs of a folder that its page holds, so that it stays below 2 MB, and the fewest of one log. */
const MOST_ROWS = 12_000;
const FEWEST_ROWS = 40;

/** Rows that a page shows of one log, where a folder has so many. */
export function rowsShown(logs: number): number {
  return Math.max(FEWEST_ROWS, Math.floor(MOST_ROWS / Math.max(1, logs)));
}

/** @param timed whether the runs have seconds that can be compared @param most rows that are shown of one log */
export function lossPanel(all: readonly RunResult[], timed: boolean, most: number): LossPanel {
  const runs = all.map((run) => ({ ...run, rows: thinned(run.rows, most) }));
  const groups = groupRuns(runs);
  const lookOf = looksOf(groups);
  const count = (some: readonly RunResult[]) => some.reduce((sum, { rows }) => sum + rows.length, 0);
  const [shown, of] = [count(runs), count(all)];
  return {
    charts: {
      epochs: lossOverEpochs(runs),
      steps: lossOverSteps(runs),
      seconds: timed ? lossOverSeconds(runs) : null,
    },
    seeds: groups.flatMap((group) =>
      group.runs.map((run) => ({
        ...{ ...lookOf(group), seed: run.seed },
        rows: run.rows.map((row): SeedRow => {
          const { epoch, step, trainLoss, validationLoss, testLoss } = row;
          return [epoch, step, timed ? seconds(row, run) : null, trainLoss, validationLoss, testLoss];
        }),
      })),
    ),
    thinned: shown < of ? { shown, of } : null,
  };
}

/** The first, the last and every n-th between. */
function thinned<T>(rows: readonly T[], most: number): T[] {
  const every = Math.ceil(rows.length / most);
  return rows.filter((_, index) => index % every === 0 || index === rows.length - 1);
}
