// A chart of the figures, by its description, on the page.

import type { LineChart } from "../../src/figures/charts/line-chart.js";
import { axisOf, Chart, type LinesChart } from "../chart.js";
import { colorOf } from "../theme.js";

export class LinePicture {
  /** Called after each drawing, also of the chart by itself where its size changes. */
  onDrawn: () => void = () => {};
  private readonly chart: LinesChart;

  constructor(canvas: HTMLCanvasElement) {
    this.chart = new Chart(canvas, {
      type: "line",
      data: { datasets: [] },
      options: {
        ...{ animation: false, maintainAspectRatio: false, locale: "en-US", events: [] },
        plugins: { tooltip: { enabled: false } },
      },
      plugins: [{ id: "drawn", afterRender: () => this.onDrawn() }],
    });
  }

  draw({ curves, xLabel, xRange, xScale, yLabel, yRange, yScale }: LineChart): void {
    this.chart.data.datasets = curves.map(({ name, color, style, points }) => ({
      ...{
        label: name,
        data: points,
        borderColor: colorOf(color),
        backgroundColor: colorOf(color),
        tension: 0,
      },
      borderWidth: style === "thin" ? 1 : 2.25,
      borderDash: style === "dashed" ? [6, 4] : [],
      // A dashed line may lie on another, whose points are then seen.
      pointRadius: style === "thin" || style === "dashed" ? 0 : 2.5,
    }));
    this.chart.options.scales = {
      x: axisOf({ label: xLabel, logarithmic: xScale !== "linear", ...xRange }),
      y: axisOf({ label: yLabel, logarithmic: yScale !== "linear", ...yRange }),
    };
    this.chart.update("none");
  }

  pixelOf(x: number, y: number): { x: number; y: number } {
    const { scales } = this.chart;
    return { x: scales.x.getPixelForValue(x), y: scales.y.getPixelForValue(y) };
  }

  valueAt(x: number, y: number): { x: number; y: number } {
    const { scales } = this.chart;
    return { x: scales.x.getValueForPixel(x) ?? 0, y: scales.y.getValueForPixel(y) ?? 0 };
  }
}
