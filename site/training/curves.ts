// Loss curves: of each optimizer the loss on test images, and thin behind it that of each batch.

import { logarithmicRange } from "../../src/figures/charts/ranges.js";
import type { LogRow } from "../../src/results/run-log.js";
import { axisOf, Chart, type LinesChart, type Point } from "../chart.js";
import { colorOf } from "../theme.js";
import { baseColorOf } from "./colors.js";
import type { Run } from "./run.js";

export type Abscissa = "steps" | "seconds";

/** A batch's loss is that before its step, so the first stands at 0 steps. */
const MOST_POINTS = 1200;

export class Curves {
  private readonly chart: LinesChart;

  constructor(canvas: HTMLCanvasElement) {
    this.chart = new Chart(canvas, {
      type: "line",
      data: { datasets: [] },
      options: {
        ...{ animation: false, maintainAspectRatio: false, parsing: false, locale: "en-US" },
        interaction: { mode: "nearest", intersect: false },
        plugins: {
          tooltip: {
            displayColors: false,
            callbacks: {
              title: () => "",
              label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y?.toFixed(5)} at ${parsed.x}`,
            },
          },
        },
      },
    });
  }

  /** @param steps that a run will have */
  draw(runs: readonly Run[], abscissa: Abscissa, steps: number): void {
    const lines = runs.flatMap((run) => {
      const { label, title } = run.choice.preset;
      const color = colorOf(baseColorOf(label));
      const place = (row: LogRow) => (abscissa === "steps" ? row.step : row.trainingSeconds);
      const common = { borderColor: color, backgroundColor: color, tension: 0 };
      const test: Point[] = run.rows.map((row) => ({ x: place(row), y: row.testLoss }));
      const batches = abscissa === "steps" ? thinned(run.losses) : [];
      return [
        {
          ...common,
          label: `${title}, test`,
          data: test,
          borderWidth: 2.25,
          pointRadius: test.length > 40 ? 0 : 2,
          order: 0,
        },
        {
          ...{
            ...common,
            label: `${title}, batch`,
            data: batches,
            borderColor: `${color}55`,
            borderWidth: 1,
          },
          ...{ pointRadius: 0, pointHitRadius: 0, order: 1 },
        },
      ];
    });
    this.chart.data.datasets = lines;
    const losses = runs
      .filter(({ state }) => state !== "diverged")
      .flatMap(({ rows }) => rows.map(({ testLoss }) => testLoss));
    const range = logarithmicRange(losses, 1.15);
    this.chart.options.scales = {
      x: axisOf({
        ...(abscissa === "steps" ? { label: "steps", max: steps } : { label: "seconds of training" }),
        min: 0,
      }),
      y: axisOf({ label: "mean squared error", logarithmic: true, ...range }),
    };
    this.chart.update("none");
  }
}

function thinned(losses: readonly number[]): Point[] {
  const stride = Math.ceil(losses.length / MOST_POINTS);
  const points: Point[] = [];
  for (let step = 0; step < losses.length; step += stride) points.push({ x: step, y: losses[step] });
  return points;
}
