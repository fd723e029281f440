// Test loss minus train loss: against the train loss, which compares optimizers at the same fit, and over epochs.

import { blewUp } from "../results/divergence.js";
import { gapAtTrainLoss, gapOf, restingPoint } from "../results/log-measures.js";
import type { RunResult } from "../results/results.js";
import { spreadOf } from "../statistics.js";
import type { Curve, LineChart } from "./charts/line-chart.js";
import { bandOf, type Group, groupRuns, looksOf, overSeeds, seedNote, titleOf } from "./groups.js";

/** Train losses at which the gap is read off. */
const LEVELS = 60;
/** The first epochs show a large loss and no gap; the x axis begins at this many times the least loss. */
const WIDEST = 5;

/**
 * Charts of runs that did not diverge, from their first evaluation after some training on; the legend names the others.
 * The first is left out where there is no common fit to read off, all where no run has two evaluations. A third shows the
 * test loss itself where it turns up in most seeds of some optimizer.
 */
export function overfittingCharts(runs: RunResult[]): LineChart[] {
  const all = groupRuns(runs);
  const lookOf = looksOf(all);
  const shown = all.map((group) => ({
    look: lookOf(group),
    group: { ...group, runs: group.runs.flatMap(trained) },
  }));
  const groups = shown.map(({ group }) => group).filter((group) => group.runs.length > 0);
  const logs = groups.flatMap((group) => group.runs.map((run) => run.rows));
  if (logs.every((rows) => rows.length < 2)) return [];
  const rows = logs.flat();
  // A loss of 0 has no place on a logarithmic axis.
  const losses = rows.map(({ trainLoss }) => trainLoss).filter((loss) => loss > 0);
  const least = Math.min(...losses);
  const most = Math.min(WIDEST * least, Math.max(...losses));
  const atSameFit = shown.map(({ look, group }): Curve => ({ ...look, ...overLevels(group, least, most) }));
  const overEpochs = shown.map(
    ({ look, group }): Curve => ({
      ...look,
      ...(group.runs.length > 0 ? overSeeds(group, ({ epoch }) => epoch, gapOf) : { points: [] }),
    }),
  );
  const common = {
    subtitle: seedNote(groups),
    yLabel: "test loss − train loss",
    yScale: "linear" as const,
  };
  const title = titleOf(runs);
  const fit: LineChart = {
    ...common,
    title: `${title}: overfitting at the same fit`,
    xLabel: "train loss (log scale)",
    curves: atSameFit,
    xRange: { min: least / 1.05, max: most * 1.05 },
    yRange: linearRange(atSameFit),
  };
  const epochs: LineChart = {
    ...common,
    title: `${title}: overfitting over epochs`,
    xLabel: "epoch",
    curves: overEpochs,
    yRange: linearRange(overEpochs),
  };
  const fits = losses.length > 0 && atSameFit.some(({ points }) => points.length > 0);
  const gaps = fits ? [fit, epochs] : [epochs];
  return groups.some(turnsUp) ? [...gaps, testLossChart(title, shown, seedNote(groups))] : gaps;
}

function turnsUp({ runs }: Group): boolean {
  const rising = runs.filter(({ rows }) => restingPoint(rows)?.riseEpoch != null);
  return rising.length > runs.length / 2;
}

/** Of the least median that is drawn, what the chart shows above it. */
const HIGHEST = 1.5;

/** Close to its least, where a loss that turns up can be seen to. */
function testLossChart(
  title: string,
  shown: { look: Pick<Curve, "name" | "color" | "short">; group: Group }[],
  subtitle: string | undefined,
): LineChart {
  const curves = shown.map(
    ({ look, group }): Curve => ({
      ...look,
      ...(group.runs.length > 0
        ? overSeeds(
            group,
            ({ epoch }) => epoch,
            ({ testLoss }) => testLoss,
          )
        : { points: [] }),
    }),
  );
  const least = Math.min(...curves.flatMap(({ points }) => points.map(({ y }) => y)));
  return {
    title: `${title}: test loss near its least`,
    ...{ subtitle, curves },
    xLabel: "epoch",
    yLabel: "test loss",
    yScale: "linear",
    yRange: { min: least * 0.98, max: least * HIGHEST },
  };
}

/** The run without its beginning; nothing of one that diverged or was never trained. */
function trained(run: RunResult): RunResult[] {
  const rows = run.rows.filter(({ step }) => step > 0);
  return run.status === "diverged" || blewUp(run.rows) || rows.length === 0 ? [] : [{ ...run, rows }];
}

/** At each level, over the seeds that came down to it; only levels that all of them reached. */
function overLevels({ runs }: Group, least: number, most: number): Pick<Curve, "points" | "band"> {
  const levels = Array.from({ length: LEVELS }, (_, i) => most * (least / most) ** (i / (LEVELS - 1)));
  const at = levels.flatMap((x) => {
    const gaps = runs.flatMap(({ rows }) => gapAtTrainLoss(rows, x) ?? []);
    const spread = spreadOf(gaps);
    return spread && gaps.length === runs.length ? [{ x, spread }] : [];
  });
  return bandOf(at, runs.length > 1);
}

function linearRange(curves: Curve[]): { min: number; max: number } {
  const values = curves.flatMap(({ points, band }) => [
    ...points.map(({ y }) => y),
    ...(band ?? []).flatMap(({ low, high }) => [low, high]),
  ]);
  const [min, max] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = (max - min || 1e-6) * 0.06;
  return { min: min - room, max: max + room };
}
