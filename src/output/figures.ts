// Figures (b) to (d) of the poster: loss curves of every run of a result folder, a dataset at a time.

import { join } from "node:path";
import { CATALOGUE, type DatasetName } from "../data/catalogue.js";
import { OPTIMIZER_NAMES, OPTIMIZER_TITLES } from "../optimizers/registry.js";
import { DIVERGENCE } from "../training/divergence.js";
import type { LogRow } from "../training/train.js";
import { colorsOf } from "./charts/colors.js";
import { type Curve, drawLineChart, type FigureFormat, type LineChart } from "./charts/line-chart.js";
import { makeFolder, writeFileAtomically, writing } from "./files.js";
import { type RunResult, readResults } from "./results.js";

/**
 * Draws a folder's figures from its CSV files: figures/<letter>-<dataset> over epochs, and over training seconds.
 *
 * @returns the paths written
 */
export function drawFigures(folder: string, format: FigureFormat): string[] {
  const results = readResults(folder);
  const figures = join(folder, "figures");
  writing(figures, () => makeFolder(figures));
  const datasets = [...new Set(results.map(({ dataset }) => dataset))];
  return datasets.flatMap((dataset) => {
    const runs = results.filter((run) => run.dataset === dataset && run.rows.length > 0);
    if (runs.length === 0) return [];
    const name = join(figures, `${CATALOGUE[dataset].figure}-${dataset}`);
    return [
      { path: `${name}.${format}`, chart: lossChart(dataset, runs, "epoch", ({ epoch }) => epoch) },
      { path: `${name}-seconds.${format}`, chart: lossChart(dataset, runs, "training time (s)", seconds) },
    ].map(({ path, chart }) => {
      writeFileAtomically(path, drawLineChart(chart, format));
      return path;
    });
  });
}

/** Steps × the run's median step time; where that is not known, the run's own clock. */
function seconds(row: LogRow, { medianStepMilliseconds }: RunResult): number {
  return medianStepMilliseconds === null ? row.trainingSeconds : (row.step * medianStepMilliseconds) / 1000;
}

function lossChart(
  dataset: DatasetName,
  runs: RunResult[],
  xLabel: string,
  x: (row: LogRow, run: RunResult) => number,
): LineChart {
  const colors = colorsOf([...new Set(runs.map(({ label }) => label))]);
  const curves = runs.sort(byLegend).flatMap((run) => {
    const curve = (dashed: boolean, y: (row: LogRow) => number): Curve => ({
      name: legendName(run),
      color: colors.get(run.label) ?? "#000000",
      dashed,
      points: run.rows.map((row) => ({ x: x(row, run), y: y(row) })),
    });
    return [curve(false, ({ testLoss }) => testLoss), curve(true, ({ trainLoss }) => trainLoss)];
  });
  return {
    title: `${titleOf(dataset, runs)} autoencoder: reconstruction loss`,
    xLabel,
    yLabel: "mean squared error (log scale)",
    styles: { solid: "test", dashed: "train" },
    curves,
    yRange: yRange(runs),
  };
}

/** Says so where a run used a copy that is not the known dataset. */
function titleOf(dataset: DatasetName, runs: RunResult[]): string {
  const titles = runs.flatMap(({ datasetTitle }) => datasetTitle ?? []);
  return titles.find((title) => title !== CATALOGUE[dataset].title) ?? CATALOGUE[dataset].title;
}

function byLegend(a: RunResult, b: RunResult): number {
  const place = ({ label, optimizer }: RunResult) =>
    OPTIMIZER_NAMES.findIndex((name) => name === (optimizer ?? label));
  return (
    place(a) - place(b) ||
    a.label.localeCompare(b.label) ||
    a.learningRate - b.learningRate ||
    a.seed - b.seed
  );
}

function legendName({ label, optimizer, learningRate, settings, status, step }: RunResult): string {
  const named = OPTIMIZER_NAMES.find((name) => name === label && name === (optimizer ?? label));
  const title = named ? OPTIMIZER_TITLES[named] : label;
  const symbol = (optimizer ?? label) === "rp" ? "λ =" : "rate";
  const more = settings ? `, ${settings}` : "";
  const note = status === "diverged" ? `, diverged at step ${step}` : "";
  return `${title} (${symbol} ${learningRate}${more}${note})`;
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
        .filter(({ testLoss }) => testLoss <= DIVERGENCE.lossFactor * rows[0].testLoss)
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
