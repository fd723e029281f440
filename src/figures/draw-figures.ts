import { join } from "node:path";
import { CATALOGUE } from "../data/catalogue.js";
import { makeFolder, writeFileAtomically, writing } from "../files/files.js";
import { type RunResult, readResults } from "../results/results.js";
import { drawLineCharts, type LineChart } from "./charts/line-chart.js";
import type { FigureFormat } from "./charts/sheet.js";
import { byProblem } from "./groups.js";
import { lossAgainstRate } from "./learning-rates.js";
import { lossOverEpochs, lossOverSeconds } from "./loss-curves.js";
import { overfittingCharts } from "./overfitting.js";

/**
 * Draws a folder's figures from its CSV files: for each problem figures/<letter>-<problem> over epochs and over training
 * seconds; of a study also learning-rates-<problem> and, all problems in one, overfitting.
 *
 * @returns the paths written
 */
export function drawFigures(
  folder: string,
  format: FigureFormat,
  warn?: (message: string) => void,
): string[] {
  const results = readResults(folder, warn);
  const figures = join(folder, "figures");
  writing(figures, () => makeFolder(figures));
  const save = (name: string, rows: LineChart[][]): string => {
    const path = join(figures, `${name}.${format}`);
    writeFileAtomically(path, drawLineCharts(rows, format));
    return path;
  };
  const problems = [...byProblem(results)].sort(
    ([a, [first]], [b, [second]]) =>
      letterOf(first).localeCompare(letterOf(second)) || a.localeCompare(b, "en"),
  );
  const isTuning = ({ role }: RunResult) => role === "tuning";
  const overfitting: LineChart[][] = [];
  const paths = problems.flatMap(([problem, runs]) => {
    const tuning = runs.filter(isTuning);
    const final = runs.filter((run) => !isTuning(run) && run.rows.length > 0);
    if (final.length > 0 && tuning.length > 0) overfitting.push(overfittingCharts(final));
    const letter = letterOf(runs[0]);
    // Runs made side by side have no seconds of their own that could be compared.
    const timed = tuning.length === 0 || final.every((run) => run.medianStepMilliseconds !== null);
    const paths: string[] = [];
    if (final.length > 0) paths.push(save(`${letter}-${problem}`, [[lossOverEpochs(final)]]));
    if (final.length > 0 && timed) {
      paths.push(save(`${letter}-${problem}-seconds`, [[lossOverSeconds(final)]]));
    }
    if (tuning.length > 0) {
      paths.push(save(`learning-rates-${problem}`, [[lossAgainstRate(tuning, final)]]));
    }
    return paths;
  });
  const panels = overfitting.filter((charts) => charts.length > 0);
  return panels.length > 0 ? [...paths, save("overfitting", panels)] : paths;
}

function letterOf({ dataset }: RunResult): string {
  return CATALOGUE[dataset].figure;
}
