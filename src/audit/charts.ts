// An audit's figure: how loose the bound is, by layer, what it foretells, and which λ it leaves room for.

import { logarithmicRange, type Range } from "../figures/charts/axes.js";
import { colorsOf } from "../figures/charts/colors.js";
import type { Curve, LineChart } from "../figures/charts/line-chart.js";
import type { Judged } from "./audit.js";
import type { Ratio } from "./ratios.js";

export interface AuditFigure {
  /** "MNIST, RP, rate 20" */
  title: string;
  layerSizes: readonly number[];
  /** The λ of RP; null for another optimizer, or where each step computes its own. */
  lambda: number | null;
  ratios: readonly Ratio[];
  predictions: readonly Judged[];
}

/** Two rows of two charts; all over the update's number, on a logarithmic axis. */
export function auditCharts(audit: AuditFigure): LineChart[][] {
  return [
    [ratioChart(audit, "gauss_newton"), ratioChart(audit, "hessian")],
    [lambdaChart(audit), lossChart(audit)],
  ];
}

const WORDS = { gauss_newton: "Gauss-Newton diagonal", hessian: "Hessian diagonal" } as const;

function ratioChart({ title, layerSizes, ratios, predictions }: AuditFigure, over: Ratio["over"]): LineChart {
  const layers = layerSizes.slice(1).map((_, l) => l + 1);
  const colors = colorsOf(layers.map((layer) => `layer ${layer}`));
  const curves = layers.flatMap((layer) =>
    (["weights", "biases"] as const).map((parameters): Curve => {
      const own = ratios.flatMap(({ quantiles, step: x, ...ratio }) =>
        ratio.over === over && ratio.layer === layer && ratio.parameters === parameters && quantiles
          ? [{ x, quantiles }]
          : [],
      );
      const look = {
        name: `${layer}: ${layerSizes[layer - 1]} × ${layerSizes[layer]}`,
        color: colors.get(`layer ${layer}`) ?? "#000000",
        points: own.map(({ x, quantiles }) => ({ x, y: quantiles.median })),
      };
      if (parameters === "biases") return { ...look, style: "dashed" };
      return { ...look, band: own.map(({ x, quantiles: { p5: low, p95: high } }) => ({ x, low, high })) };
    }),
  );
  return {
    title: `${title}: h over the ${WORDS[over]}`,
    subtitle: `median over a layer's parameters${over === "hessian" ? " where it is positive" : ""}, band of the weights from 5 % to 95 %`,
    ...xAxis(predictions),
    yLabel: "ratio (log scale)",
    styles: { solid: "weights", dashed: "biases" },
    curves,
    yRange: rangeOf(curves),
  };
}

function lambdaChart({ title, lambda, predictions }: AuditFigure): LineChart {
  const ends = [predictions[0].step, predictions[predictions.length - 1].step];
  const used = ends.map((x) => ({ x, y: lambda ?? 0 }));
  const curves: Curve[] = [
    {
      name: "best λ along −g/h",
      color: "#0072B2",
      points: predictions.flatMap(({ step: x, bestLambda: y }) => (y === null ? [] : [{ x, y }])),
    },
    {
      name: "stable up to",
      color: "#D55E00",
      points: predictions.flatMap(({ step: x, stableLambda: y }) => (y === null ? [] : [{ x, y }])),
    },
    ...(lambda === null ? [] : [{ name: `λ = ${lambda}, used`, color: "#000000", points: used }]),
    { name: "λ = 1, the bound's", color: "#999933", points: ends.map((x) => ({ x, y: 1 })) },
  ];
  return {
    title: `${title}: the λ that the bound leaves room for`,
    subtitle: "by the Gauss-Newton model of each batch",
    ...xAxis(predictions),
    yLabel: "λ (log scale)",
    curves,
    yRange: rangeOf(curves),
  };
}

function lossChart({ title, predictions }: AuditFigure): LineChart {
  const curve = (name: string, color: string, pick: (one: Judged) => number): Curve => ({
    ...{ name, color },
    points: predictions.flatMap((one) => (pick(one) > 0 ? [{ x: one.step, y: pick(one) }] : [])),
  });
  const curves: Curve[] = [
    { ...curve("the Gauss-Newton model's", "#0072B2", ({ model }) => model), style: "dashed" }, // on top
    curve("true", "#000000", ({ after }) => after),
    curve("the bound's prediction", "#D55E00", ({ bound }) => bound),
  ];
  return {
    title: `${title}: batch loss after an update`,
    subtitle: "with the optimizer's own step",
    ...xAxis(predictions),
    yLabel: "mean squared error (log scale)",
    curves,
    yRange: rangeOf(curves),
  };
}

function xAxis(predictions: readonly Judged[]): Pick<LineChart, "xLabel" | "xRange"> {
  const last = predictions[predictions.length - 1].step;
  return { xLabel: "update, counted from 1 (log scale)", xRange: { min: 0.9, max: last * 1.1 } };
}

/** All of the curves and bands, with a little room. */
function rangeOf(curves: readonly Curve[]): Range {
  const values = curves.flatMap(({ points, band }) => [
    ...points.map(({ y }) => y),
    ...(band ?? []).flatMap(({ low, high }) => [low, high]),
  ]);
  return logarithmicRange(values, 1.2);
}
