import { join } from "node:path";
import { CATALOGUE, type DatasetName } from "../data/catalogue.js";
import { makeFolder, writeFileAtomically, writing } from "../files/files.js";
import { type RunResult, readResults } from "../results/results.js";
import { drawLineCharts, type LineChart } from "./charts/line-chart.js";
import type { FigureFormat } from "./charts/sheet.js";
import { lossAgainstRate } from "./learning-rates.js";
import { lossOverEpochs, lossOverSeconds } from "./loss-curves.js";
import { overfittingCharts } from "./overfitting.js";

/**
 * Draws a folder's figures from its CSV files: for each dataset figures/<letter>-<dataset> over epochs and over training
 * seconds; of a study also learning-rates-<dataset> and, all datasets in one, overfitting.
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
  const letterOf = (dataset: DatasetName) => CATALOGUE[dataset].figure;
  const datasets = [...new Set(results.map(({ dataset }) => dataset))].sort((a, b) =>
    letterOf(a).localeCompare(letterOf(b)),
  );
  const isTuning = ({ role }: RunResult) => role === "tuning";
  const overfitting: LineChart[][] = [];
  const paths = datasets.flatMap((dataset) => {
    const runs = results.filter((run) => run.dataset === dataset);
    const tuning = runs.filter(isTuning);
    const final = runs.filter((run) => !isTuning(run) && run.rows.length > 0);
    if (final.length > 0 && tuning.length > 0) overfitting.push(overfittingCharts(dataset, final));
    const letter = letterOf(dataset);
    // Runs made side by side have no seconds of their own that could be compared.
    const timed = tuning.length === 0 || final.every((run) => run.medianStepMilliseconds !== null);
    const paths: string[] = [];
    if (final.length > 0) paths.push(save(`${letter}-${dataset}`, [[lossOverEpochs(dataset, final)]]));
    if (final.length > 0 && timed) {
      paths.push(save(`${letter}-${dataset}-seconds`, [[lossOverSeconds(dataset, final)]]));
    }
    if (tuning.length > 0) {
      paths.push(save(`learning-rates-${dataset}`, [[lossAgainstRate(dataset, tuning, final)]]));
    }
    return paths;
  });
  const panels = overfitting.filter((charts) => charts.length > 0);
  return panels.length > 0 ? [...paths, save("overfitting", panels)] : paths;
}
