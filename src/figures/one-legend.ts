// Several charts on one sheet with one legend, whatever rates and settings each has.

import type { Heading, LineChart } from "./charts/line-chart.js";

/**
 * The charts, row by row, and what stands above them. What was lost of an optimizer is said below a chart's title.
 */
export function withOneLegend(title: string, rows: readonly LineChart[][]): [LineChart[][], Heading] {
  const all = rows.flat();
  const curves = all.flatMap((chart) => chart.curves);
  const names = new Map(curves.map((curve) => [curve.short?.name ?? curve.name, curve.color]));
  const notes = [...new Set(all.map(({ subtitle }) => subtitle))];
  const common = notes.length === 1 ? notes[0] : undefined;
  const heading = {
    ...{ title, subtitle: common, styles: all[0]?.styles },
    curves: [...names].map(([name, color]) => ({ name, color })),
  };
  const charts = rows.map((row) =>
    row.map((chart) => {
      const lost = new Set(
        chart.curves.flatMap(({ short }) => (short?.lost ? [`${short.name}: ${short.lost}`] : [])),
      );
      const own = common === undefined ? [chart.subtitle ?? []].flat() : [];
      return { ...chart, subtitle: [...own, ...lost].join("; ") || undefined };
    }),
  );
  return [charts, heading];
}
