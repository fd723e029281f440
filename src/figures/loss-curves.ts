// Figures (b) to (d) of the poster: loss over epochs, and over training seconds.

import { LOSS_TITLES } from "../model/objective.js";
import { blewUp } from "../results/divergence.js";
import type { RunResult } from "../results/results.js";
import type { LogRow } from "../results/run-log.js";
import { logarithmicRange, noteOfZeros, type Range } from "./charts/axes.js";
import type { Curve, LineChart } from "./charts/line-chart.js";
import { groupRuns, looksOf, overSeeds, seedNote, titleOf } from "./groups.js";

/** Around what is drawn. */
const ROOM = 1.08;

export function lossOverEpochs(runs: RunResult[]): LineChart {
  return lossChart(runs, "epoch", ({ epoch }) => epoch);
}

/** The figure over epochs with another axis below it. */
export function lossOverSteps(runs: RunResult[]): LineChart {
  const bySteps = runs.map((run) => ({ ...run, rows: run.rows.map((row) => ({ ...row, epoch: row.step })) }));
  return { ...lossOverEpochs(bySteps), xLabel: "step", xWhole: true };
}

/** From the first evaluation after the start on, for a step of one optimizer may take many times another's. */
export function lossOverSeconds(runs: RunResult[]): LineChart {
  const whole = lossChart(runs, "training time (s)", seconds);
  const curves = whole.curves.map(({ points, band, ...look }): Curve => {
    const later = points.filter(({ x }) => x > 0);
    return band
      ? { ...look, points: later, band: band.filter(({ x }) => x > 0) }
      : { ...look, points: later };
  });
  const times = curves.flatMap(({ points }) => points.map(({ x }) => x));
  if (times.length === 0) return whole;
  const { cut: _cut, ...shown } = whole; // its start is wide enough on this axis
  return {
    ...shown,
    curves,
    xLabel: "training time (s, log scale)",
    xRange: logarithmicRange(times, ROOM),
    yRange: logarithmicRange(lossesFrom(runs, 1), ROOM),
  };
}

/** Steps × the optimizer's median step time; where that is not known, the run's own clock. */
export function seconds(row: LogRow, { medianStepMilliseconds }: RunResult): number {
  return medianStepMilliseconds === null ? row.trainingSeconds : (row.step * medianStepMilliseconds) / 1000;
}

function lossChart(runs: RunResult[], xLabel: string, x: (row: LogRow, run: RunResult) => number): LineChart {
  const groups = groupRuns(runs);
  const losses = runs.flatMap(({ rows }) => rows.flatMap(({ trainLoss, testLoss }) => [trainLoss, testLoss]));
  const lookOf = looksOf(groups);
  const curves = groups.flatMap((group): Curve[] => {
    const look = lookOf(group);
    return [
      { ...look, ...overSeeds(group, x, ({ testLoss }) => testLoss) },
      { ...look, style: "dashed", points: overSeeds(group, x, ({ trainLoss }) => trainLoss).points },
    ];
  });
  const { range, cut } = rangeAfterStart(runs);
  return {
    title: `${titleOf(runs)} autoencoder: reconstruction loss`,
    subtitle: [seedNote(groups) ?? [], noteOfZeros(losses)].flat().join("; ") || undefined,
    xLabel,
    yLabel: `${LOSS_TITLES[runs[0].loss]} (log scale)`,
    styles: { solid: "test", dashed: "train" },
    curves,
    yRange: range,
    ...(cut === null ? {} : { cut }),
  };
}

/** Of a run's steps, the part whose losses are cut off where they are far above the others. */
const START = 0.1;
/** Evaluations after that, so that there is a curve to see. */
const FEWEST_AFTER = 3;
/** How far the start must be above all that follows. */
const FAR = 1.25;

/**
 * Of a curve that falls steeply at first, the axis that shows what comes after the first tenth; with the greatest loss
 * that lies above it, null where all is shown.
 */
function rangeAfterStart(runs: RunResult[]): { range: Range; cut: number | null } {
  const [whole, last] = [
    lossesFrom(runs, 0),
    Math.max(...runs.flatMap(({ rows }) => rows.at(-1)?.step ?? 0)),
  ];
  const enough = runs.some(
    ({ rows }) => rows.filter(({ step }) => step >= START * last).length >= FEWEST_AFTER,
  );
  const range = logarithmicRange(whole, ROOM);
  if (!enough) return { range, cut: null };
  const after = lossesFrom(runs, Math.ceil(START * last));
  const [greatest, later] = [whole, after].map((losses) => logarithmicRange(losses, 1).max);
  if (greatest < FAR * later) return { range, cut: null };
  return { range: logarithmicRange(after, ROOM), cut: greatest };
}

/**
 * The losses from step `first` on of the runs that did not diverge, or of all if every one did. Losses above 100 times a
 * run's first count as diverged here, though a run too short for the rule may be called done.
 */
function lossesFrom(runs: RunResult[], first: number): number[] {
  const steady = runs.filter(({ status, rows }) => status !== "diverged" && !blewUp(rows));
  const losses = (steady.length > 0 ? steady : runs)
    .flatMap(({ rows }) =>
      rows
        .filter((row) => row.step >= first && !blewUp([rows[0], row]))
        .flatMap(({ trainLoss, testLoss }) => [trainLoss, testLoss]),
    )
    .filter((loss) => loss > 0);
  return losses.length === 0 && first > 0 ? lossesFrom(runs, 0) : losses;
}
