// Charts that compare optimizers beyond their curves: paired differences, performance profiles, what tuning cost.

import { logarithmicRange } from "../figures/charts/axes.js";
import { colorsOf } from "../figures/charts/colors.js";
import type { Curve, LineChart } from "../figures/charts/line-chart.js";
import { titleOfLabel } from "../optimizers/registry.js";
import { COMPARABLE, type Contender, lossDifferences, reachOf, TARGET_FACTOR } from "../sweep/claims.js";
import { type Field, pairs, targetOf } from "../sweep/field.js";
import { percent } from "../sweep/words.js";
import type { DotChart, PairModel } from "./model.js";

const ROOM = 1.2;

/** A dot for each seed of each pair; null where no two optimizers are compared. */
export function pairedChart({ title, contenders }: Field): DotChart | null {
  const colors = colorsOf(contenders.map(({ label }) => label));
  const models = pairs(contenders).map(([own, rival]): PairModel => {
    const { differences, missing, spread } = lossDifferences(own, rival);
    const finite = differences.filter(({ value }) => Number.isFinite(value));
    const beyond = differences.filter(({ value }) => !Number.isFinite(value));
    const notes = [
      ...beyond.map(({ seed, value }) => `seed ${seed}: ${percent(value)}`),
      ...(missing.length > 0 ? [`no pair of seed ${missing.join(", ")}`] : []),
    ];
    return {
      ...{ name: `${own.label} against ${rival.label}`, color: colors.get(own.label) ?? "#000000" },
      points: finite.map(({ seed, value }) => ({ seed, value: 100 * value })),
      median: spread && Number.isFinite(spread.median) ? 100 * spread.median : null,
      note: notes.join("; "),
    };
  });
  if (models.length === 0) return null;
  return {
    title: `${title}: final test loss, seed by seed`,
    subtitle: `each dot is a seed that both finished, the bar is their median; between the dashed lines losses count as comparable`,
    xLabel: "test loss relative to the rival's (%)",
    pairs: models,
    comparable: 100 * COMPARABLE,
  };
}

/**
 * The share of problems that an optimizer solves within τ times what the best one takes. A problem counts as solved where
 * the median over seeds comes to the target. Dolan and Moré, Benchmarking optimization software with performance
 * profiles, Mathematical Programming 91 (2002), 201–213.
 */
export function profileCharts(fields: readonly Field[]): LineChart[] {
  const measured = fields.filter(({ contenders }) => targetOf(contenders) !== null);
  const labels = [...new Set(measured.flatMap(({ contenders }) => contenders.map(({ label }) => label)))];
  if (measured.length === 0 || labels.length < 2) return [];
  return (["steps", "seconds"] as const).flatMap((unit) => {
    const ratios = measured.map(({ contenders }) => {
      const target = targetOf(contenders) ?? 0;
      const costs = contenders.map((one) => ({ label: one.label, cost: reachOf(one, target)[unit] }));
      const least = Math.min(...costs.map(({ cost }) => cost ?? Infinity));
      return new Map(
        costs.map(({ label, cost }) => [label, cost === null ? Infinity : least === 0 ? 1 : cost / least]),
      );
    });
    const all = ratios.flatMap((each) => [...each.values()]).filter(Number.isFinite);
    if (all.length === 0) return [];
    const most = Math.max(2, ...all) * ROOM;
    const colors = colorsOf(labels);
    const optimizers = new Map(
      measured.flatMap(({ contenders }) => contenders.map(({ label, optimizer }) => [label, optimizer])),
    );
    const curves = labels.map((label): Curve => {
      const own = ratios.map((each) => each.get(label) ?? Infinity);
      return {
        ...{
          name: titleOfLabel(label, optimizers.get(label) ?? label),
          color: colors.get(label) ?? "#000000",
        },
        points: stairs(own, most),
      };
    });
    const count = measured.length;
    return [
      {
        title: `Problems solved within τ times the best, in ${unit}`,
        subtitle: `solved: a test loss of ${TARGET_FACTOR} × Adam's final median; ${count} problem${count === 1 ? "" : "s"}`,
        xLabel: `τ, the multiple of the fewest ${unit} (log scale)`,
        yLabel: "share of problems",
        curves,
        xRange: { min: 1, max: most },
        yRange: { min: -0.03, max: 1.03 },
        yScale: "linear" as const,
      },
    ];
  });
}

/** A step up at each ratio, from 1 to the right edge. */
function stairs(ratios: readonly number[], right: number): { x: number; y: number }[] {
  const finite = ratios.filter(Number.isFinite).sort((a, b) => a - b);
  const steps = finite.flatMap((x, index) => [
    { x, y: index / ratios.length },
    { x, y: (index + 1) / ratios.length },
  ]);
  return [{ x: 1, y: 0 }, ...steps, { x: right, y: finite.length / ratios.length }];
}

/** Final test loss against the tuning runs that were spent; null where no optimizer was trained to its end. */
export function budgetChart({ title, contenders, mostTrials }: Field): LineChart | null {
  const colors = colorsOf(contenders.map(({ label }) => label));
  const curves = contenders.flatMap(({ label, optimizer, trials, testLoss }): Curve[] => {
    if (testLoss === null) return [];
    const name = titleOfLabel(label, optimizer);
    const color = colors.get(label) ?? "#000000";
    return [{ name, color, style: "rings", points: [{ x: trials, y: testLoss.median }] }];
  });
  if (curves.length === 0) return null;
  const losses = contenders.flatMap(({ testLoss }: Contender) => testLoss?.median ?? []);
  return {
    title: `${title}: what the tuning bought`,
    subtitle: `median test loss at the end, and the tuning runs that the search took, of at most ${mostTrials}`,
    xLabel: "tuning runs",
    yLabel: "test loss (log scale)",
    curves,
    xRange: { min: 0, max: 1.1 * Math.max(...curves.flatMap(({ points }) => points.map(({ x }) => x))) },
    xScale: "linear",
    yRange: logarithmicRange(losses, ROOM),
  };
}
