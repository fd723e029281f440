import { join } from "node:path";
import { CATALOGUE } from "../data/catalogue.js";
import { RpBenchError } from "../errors.js";
import { makeFolder, writeFileAtomically, writing } from "../files/files.js";
import { type RunResult, readResults } from "../results/results.js";
import { drawBarChart } from "./charts/bar-chart.js";
import { drawLineCharts, type Heading, type LineChart } from "./charts/line-chart.js";
import type { FigureFormat } from "./charts/sheet.js";
import { asksForCurves, type FigureOptions, lossChartOf, onlyOf, type XAxis } from "./figure-options.js";
import { finalLosses, isOnePoint } from "./final-losses.js";
import { byProblem, titleOf } from "./groups.js";
import { lossAgainstRate } from "./learning-rates.js";
import { withOneLegend } from "./one-legend.js";
import { overfittingCharts } from "./overfitting.js";

/** A chart of the sheet of all problems, in units of the layout, and how many stand in a row. */
const PART = { width: 560, height: 420 };
const IN_A_ROW = 3;

/** A problem's runs, apart by their role. */
interface Drawn {
  name: string;
  tuning: RunResult[];
  final: RunResult[];
  /** Whether seconds can be compared: runs made side by side have none of their own. */
  timed: boolean;
}

/**
 * Draws a folder's figures from its CSV files: for each problem figures/<letter>-<problem> over epochs and over training
 * seconds, or over what is asked for, and all problems in one, study; of a study also learning-rates-<problem> and, all
 * problems in one, overfitting.
 *
 * @returns the paths written
 */
export function drawFigures(
  folder: string,
  asked: FigureFormat | FigureOptions,
  warn?: (message: string) => void,
): string[] {
  const options: FigureOptions = typeof asked === "string" ? { format: asked } : asked;
  const drawn = problemsOf(onlyOf(folder, readResults(folder, warn), options));
  const untimed = drawn.find(({ final, timed }) => options.x === "seconds" && final.length > 0 && !timed);
  if (untimed) {
    const message = `--x seconds: the step times of ${folder} are not measured yet, so its seconds cannot be compared`;
    throw new RpBenchError("USAGE", message);
  }
  const figures = join(folder, "figures");
  const keep = (name: string, image: Buffer): string => {
    writing(figures, () => makeFolder(figures));
    const path = join(figures, `${name}.${options.format}`);
    writeFileAtomically(path, image);
    return path;
  };
  const save = (name: string, rows: LineChart[][], heading?: Heading): string =>
    keep(name, drawLineCharts(rows, options, heading));
  const axes: readonly XAxis[] = options.x ? [options.x] : ["epochs", "seconds"];
  const shown = drawn.filter(({ final }) => final.length > 0);
  const lossesOf = ({ name, final, timed }: Drawn): string[] => {
    if (final.length === 0) return [];
    if (isOnePoint(final) && !asksForCurves(options))
      return [keep(name, drawBarChart(finalLosses(final, timed, options), options))];
    return axes
      .filter((axis) => axis !== "seconds" || timed)
      .map((axis) =>
        save(axis === "epochs" ? name : `${name}-${axis}`, [[lossChartOf(final, axis, options)]]),
      );
  };
  const paths = drawn.flatMap((problem) => [
    ...lossesOf(problem),
    ...(problem.tuning.length > 0
      ? [save(ratesName(problem), [[lossAgainstRate(problem.tuning, problem.final)]])]
      : []),
  ]);
  if (shown.length > 1) paths.push(save("study", ...studySheet(shown, axes[0], options)));
  const panels = shown
    .filter(({ tuning }) => tuning.length > 0)
    .map(({ final }) => overfittingCharts(final))
    .filter((charts) => charts.length > 0);
  return panels.length > 0 ? [...paths, save("overfitting", ...withOneLegend("Overfitting", panels))] : paths;
}

/** Without the letter. */
const ratesName = ({ name }: Drawn) => `learning-rates-${name.slice(2)}`;

/** In the order of the figures' letters. */
function problemsOf(results: readonly RunResult[]): Drawn[] {
  const drawn = [...byProblem(results)].map(([problem, runs]): Drawn => {
    const tuning = runs.filter(({ role }) => role === "tuning");
    const final = runs.filter(({ role, rows }) => role !== "tuning" && rows.length > 0);
    const timed = tuning.length === 0 || final.every((run) => run.medianStepMilliseconds !== null);
    return { name: `${CATALOGUE[runs[0].dataset].figure}-${problem}`, tuning, final, timed };
  });
  return drawn.sort((a, b) => a.name.localeCompare(b.name, "en"));
}

/** The losses of all problems side by side. */
function studySheet(
  problems: readonly Drawn[],
  axis: XAxis,
  { size: _size, title = "Autoencoders: reconstruction loss", ...options }: FigureOptions,
): [LineChart[][], Heading] {
  const charts = problems.map(({ final }) => ({
    ...lossChartOf(final, axis, { ...options, title: titleOf(final) }),
    part: PART,
  }));
  const rows = kindsOf(problems).flatMap((kind) =>
    kind.flatMap((_, index) =>
      index % IN_A_ROW === 0 ? [kind.slice(index, index + IN_A_ROW).map((at) => charts[at])] : [],
    ),
  );
  return withOneLegend(title, rows);
}

/** The places of the problems that make a row: those that differ by their dataset alone, or else have one loss, or all. */
function kindsOf(problems: readonly Drawn[]): number[][] {
  const byKind = (kindOf: (run: RunResult) => string): number[][] => {
    const kinds = problems.map(({ final: [run] }) => kindOf(run));
    return [...new Set(kinds)].map((kind) => kinds.flatMap((one, at) => (one === kind ? [at] : [])));
  };
  const ways = [
    ({ problem, dataset }: RunResult) =>
      problem.startsWith(dataset) ? problem.slice(dataset.length) : problem,
    ({ loss }: RunResult) => loss,
  ];
  const rows = ways.map(byKind).find((kinds) => kinds.every((places) => places.length > 1));
  return rows ?? [problems.map((_, at) => at)];
}
