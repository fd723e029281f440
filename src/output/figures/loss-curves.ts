// Figures (b) to (d) of the poster: loss over epochs, and over training seconds.

import type { DatasetName } from "../../data/catalogue.js";
import { blewUp } from "../../training/divergence.js";
import type { LogRow } from "../../training/train.js";
import type { Curve, LineChart } from "../charts/line-chart.js";
import type { RunResult } from "../results.js";
import { groupRuns, looksOf, overSeeds, seedNote, titleOfDataset } from "./groups.js";

export function lossOverEpochs(dataset: DatasetName, runs: RunResult[]): LineChart {
  return lossChart(dataset, runs, "epoch", ({ epoch }) => epoch);
}

export function lossOverSeconds(dataset: DatasetName, runs: RunResult[]): LineChart {
  return lossChart(dataset, runs, "training time (s)", seconds);
}

/** Steps × the optimizer's median step time; where that is not known, the run's own clock. */
function seconds(row: LogRow, { medianStepMilliseconds }: RunResult): number {
  return medianStepMilliseconds === null ? row.trainingSeconds : (row.step * medianStepMilliseconds) / 1000;
}

function lossChart(
  dataset: DatasetName,
  runs: RunResult[],
  xLabel: string,
  x: (row: LogRow, run: RunResult) => number,
): LineChart {
  const groups = groupRuns(runs);
  const lookOf = looksOf(groups);
  const curves = groups.flatMap((group): Curve[] => {
    const look = lookOf(group);
    return [
      { ...look, ...overSeeds(group, x, ({ testLoss }) => testLoss) },
      { ...look, style: "dashed", points: overSeeds(group, x, ({ trainLoss }) => trainLoss).points },
    ];
  });
  return {
    title: `${titleOfDataset(dataset, runs)} autoencoder: reconstruction loss`,
    subtitle: seedNote(groups),
    xLabel,
    yLabel: "mean squared error (log scale)",
    styles: { solid: "test", dashed: "train" },
    curves,
    yRange: yRange(runs),
  };
}

/**
 * The losses of the runs that did not diverge, or of all if every one did, with a little room. Losses above 100 times a
 * run's first count as diverged here, though a run too short for the rule may be called done.
 */
function yRange(runs: RunResult[]): { min: number; max: number } {
  const steady = runs.filter(({ status }) => status !== "diverged");
  const losses = (steady.length > 0 ? steady : runs)
    .flatMap(({ rows }) =>
      rows
        .filter((row) => !blewUp([rows[0], row]))
        .flatMap(({ trainLoss, testLoss }) => [trainLoss, testLoss]),
    )
    .filter((loss) => loss > 0);
  const room = 1.08;
  const [least, most] = losses.reduce(
    ([low, high], loss) => [Math.min(low, loss), Math.max(high, loss)],
    [Infinity, 0],
  );
  return { min: least / room, max: most * room };
}
