// Loss against learning rate: what the search saw, and which rate it chose.

import { blewUp } from "../results/divergence.js";
import type { RunResult } from "../results/results.js";
import { spreadOf } from "../statistics.js";
import { logarithmicRange, noteOfZeros } from "./charts/axes.js";
import { colorsOf } from "./charts/colors.js";
import type { Curve, LineChart } from "./charts/line-chart.js";
import { type Group, groupRuns, nameOf, titleOf } from "./groups.js";

/** Of the figure's height, for the crosses of one optimizer. */
const ROW = 0.05;
/** Around the losses. */
const ROOM = 1.1;

/** `all` are the search's runs, `final` those at the rates and settings it chose; shown are the runs with those settings. */
export function lossAgainstRate(all: RunResult[], final: RunResult[]): LineChart {
  const tuning = all.filter((run) => run.variant === variantShown(run.label, all, final));
  const groups = groupRuns(tuning).flatMap(withRate);
  const labels = [...new Set(groups.map(({ label }) => label))];
  const colors = colorsOf(labels);
  const rates = groups.map(({ learningRate }) => learningRate);
  const losses = tuning.flatMap((run) => lossOf(run) ?? []);
  const seen = logarithmicRange(losses, ROOM);
  // Rows of crosses are above the losses, one for each optimizer that lost a rate: they often lose the same.
  const losers = labels.filter((label) => groups.some((group) => group.label === label && lostOne(group)));
  const row = Math.min(ROW, 0.5 / (losers.length + 1));
  const decades = Math.log10(seen.max / seen.min) / (1 - row * losers.length);
  const yRange = { min: seen.min, max: seen.min * 10 ** decades };
  const heightOf = (label: string) => yRange.max / 10 ** (decades * row * (losers.indexOf(label) + 0.5));

  const curves = labels.flatMap((label): Curve[] => {
    const own = groups.filter((group) => group.label === label);
    const edges = [own[0].learningRate, own[own.length - 1].learningRate];
    const atEdge = final.some(
      (run) => run.label === label && edges.some((edge) => edge === run.learningRate),
    );
    const title = nameOf(own[0]);
    const look = {
      name: atEdge ? `${title} (best at the edge)` : title,
      color: colors.get(label) ?? "#000000",
    };
    const held = own.flatMap(({ learningRate: x, runs }) => {
      const values = runs.flatMap((run) => lossOf(run) ?? []);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.length === runs.length ? [{ x, y: mean, values }] : [];
    });
    // Over all seeds: a rate that lost one is marked, not drawn as if it held.
    const lost = own.filter(lostOne);
    const chosen = held.filter(({ x }) => final.some((run) => run.label === label && run.learningRate === x));
    return [
      {
        ...look,
        points: held.map(({ x, y }) => ({ x, y })),
        band: held.flatMap(({ x, values }) => {
          const spread = spreadOf(values);
          return spread ? [{ x, low: spread.least, high: spread.greatest }] : [];
        }),
      },
      {
        ...look,
        style: "crosses",
        points: lost.map(({ learningRate: x }) => ({ x, y: heightOf(label) })),
      },
      { ...look, style: "rings", points: chosen.map(({ x, y }) => ({ x, y })) },
    ];
  });
  return {
    title: `${titleOf(tuning)}: tuning the learning rate`,
    subtitle: [
      `mean over tuning seeds of the best validation loss, band from least to greatest${tuning.length < all.length ? ", at the chosen settings" : ""}`,
      "ring: chosen, cross: a seed diverged or failed",
      ...noteOfZeros(losses),
    ].join("; "),
    xLabel: "learning rate (log scale)",
    yLabel: "validation loss (log scale)",
    curves,
    xRange: { min: Math.min(...rates) / 1.5, max: Math.max(...rates) * 1.5 },
    yRange,
  };
}

/** A search tries numbers alone. */
function withRate({ learningRate, ...group }: Group): (Group & { learningRate: number })[] {
  return learningRate === "auto" ? [] : [{ ...group, learningRate }];
}

/** The settings that were chosen, and before there are any the first that were tried. */
function variantShown(label: string, all: readonly RunResult[], final: readonly RunResult[]) {
  const isOwn = (run: RunResult) => run.label === label;
  return (final.find(isOwn) ?? all.find(isOwn))?.variant;
}

function lostOne({ runs }: Group): boolean {
  return runs.some((run) => lossOf(run) === null);
}

/** null where the run did not end well. */
function lossOf({ status, bestValidationLoss, rows }: RunResult): number | null {
  return status === "done" && !blewUp(rows) ? bestValidationLoss : null;
}
