// The losses at the end of runs that were evaluated once: bars in place of curves of a single point.

import { LOSS_TITLES } from "../model/objective.js";
import { blewUp } from "../results/divergence.js";
import type { RunResult } from "../results/results.js";
import type { LogRow } from "../results/run-log.js";
import { median, spreadOf } from "../statistics.js";
import type { Bar, BarChart } from "./charts/bar-chart.js";
import { type FigureOptions, layoutSize } from "./figure-options.js";
import { type Group, groupRuns, looksOf, seedNote, titleOf } from "./groups.js";
import { seconds } from "./loss-curves.js";

/** Whether no run was evaluated twice after its start, so that there is no curve to see. */
export function isOnePoint(runs: readonly RunResult[]): boolean {
  return runs.every(({ rows }) => rows.filter(({ step }) => step > 0).length < 2);
}

/** @param timed whether the time of training is said, too */
export function finalLosses(
  runs: readonly RunResult[],
  timed: boolean,
  { title, size }: Pick<FigureOptions, "title" | "size"> = {},
): BarChart {
  const groups = groupRuns(runs);
  const lookOf = looksOf(groups);
  const last = Math.max(...runs.flatMap(({ rows }) => rows.at(-1)?.epoch ?? 0));
  return {
    title: title ?? `${titleOf(runs)} autoencoder: reconstruction loss`,
    subtitle: [
      `at epoch ${Number(last.toPrecision(3))}, the only evaluation after the start`,
      seedNote(groups, "line") ?? [],
    ]
      .flat()
      .join("; "),
    ...(size ? { size: layoutSize(size) } : {}),
    valueLabel: LOSS_TITLES[runs[0].loss],
    styles: { filled: "test", hollow: "train" },
    groups: groups.map((group) => ({
      ...lookOf(group),
      note: timed ? timeOf(group) : "",
      filled: barOf(group, ({ testLoss }) => testLoss),
      hollow: barOf(group, ({ trainLoss }) => trainLoss),
    })),
  };
}

/** The median over the seeds; of a curve over seconds it would be the only point. */
function timeOf({ runs }: Group): string {
  const times = runs.flatMap((run) => run.rows.slice(-1).map((row) => seconds(row, run)));
  const time = median(times);
  return time === null ? "" : `${Number(time.toPrecision(3))} s of training`;
}

/** Over the seeds that were trained to their end. */
function barOf({ runs }: Group, of: (row: LogRow) => number): Bar {
  const rows = runs.flatMap((run) => {
    const row = run.rows.at(-1);
    return row && row.step > 0 && run.status !== "diverged" && !blewUp(run.rows) ? [row] : [];
  });
  const spread = spreadOf(rows.map(of));
  return spread && { value: spread.median, low: spread.least, high: spread.greatest };
}
