import { join } from "node:path";
import { CATALOGUE } from "../data/catalogue.js";
import { makeFolder, writeFileAtomically, writing } from "../files/files.js";
import { type RunResult, readResults } from "../results/results.js";
import { barPanel } from "./charts/bar-chart.js";
import { drawLineCharts, type Heading, type LineChart } from "./charts/line-chart.js";
import { drawSheet, type FigureFormat } from "./charts/sheet.js";
import { finalLosses, isOnePoint } from "./final-losses.js";
import { byProblem } from "./groups.js";
import { lossAgainstRate } from "./learning-rates.js";
import { lossOverEpochs, lossOverSeconds } from "./loss-curves.js";
import { overfittingCharts, overfittingSheet } from "./overfitting.js";

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
  const keep = (name: string, image: Buffer): string => {
    const path = join(figures, `${name}.${format}`);
    writeFileAtomically(path, image);
    return path;
  };
  const save = (name: string, rows: LineChart[][], heading?: Heading): string =>
    keep(name, drawLineCharts(rows, format, heading));
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
    if (final.length > 0) {
      const name = `${letter}-${problem}`;
      paths.push(
        isOnePoint(final)
          ? keep(name, drawSheet([barPanel(finalLosses(final))], format))
          : save(name, [[lossOverEpochs(final)]]),
      );
    }
    if (final.length > 0 && timed) {
      paths.push(save(`${letter}-${problem}-seconds`, [[lossOverSeconds(final)]]));
    }
    if (tuning.length > 0) {
      paths.push(save(`learning-rates-${problem}`, [[lossAgainstRate(tuning, final)]]));
    }
    return paths;
  });
  const panels = overfitting.filter((charts) => charts.length > 0);
  return panels.length > 0 ? [...paths, save("overfitting", ...overfittingSheet(panels))] : paths;
}

function letterOf({ dataset }: RunResult): string {
  return CATALOGUE[dataset].figure;
}
