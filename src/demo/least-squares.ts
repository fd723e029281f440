// `rp-bench demo least-squares`: figure (a) of the poster and the losses behind it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { wholeNumber } from "../config/schema.js";
import { drawLineCharts } from "../figures/charts/line-chart.js";
import { FIGURE_FORMATS, type FigureFormat } from "../figures/charts/sheet.js";
import { isDirectory, makeFolder, unwritable, writeFileAtomically } from "../files/files.js";
import { conflict } from "../files/own-folder.js";
import { csvText } from "../results/csv.js";
import { parseWith } from "../validation.js";
import { HEADING, leastSquaresCharts } from "./charts.js";
import { type Comparison, compareMethods, type Followed } from "./compare.js";
import { METHODS, type Method } from "./methods.js";

const CORRELATION = "must be a number from 0 to 0.999";
const optionsSchema = z.strictObject({
  seed: wholeNumber(0).default(0),
  iterations: wholeNumber(1, 10_000).default(60),
  /** Above it the Hessian is singular to rounding. */
  correlation: z.number(CORRELATION).min(0, CORRELATION).max(0.999, CORRELATION).default(0.7),
});
export type LeastSquaresOptions = z.input<typeof optionsSchema>;

/** What came of one method on one problem. */
export interface Outcome {
  problem: string;
  unknowns: number;
  /** λ_max(D^-½ H D^-½) */
  scaledLargestEigenvalue: number;
  method: Method;
  /** Made; fewer than asked for where the loss was not finite any more. */
  iterations: number;
  firstLoss: number;
  /** Above the least value there is, as the first. */
  lastLoss: number;
  diverged: boolean;
}

const LOSSES = "losses.csv";
const FIGURES = "figures";
const FIGURE = "a-least-squares";
const LOSS_COLUMNS = ["problem", "method", "iteration", "loss"];

/**
 * Writes `folder`/losses.csv and `folder`/figures/a-least-squares; the same options give the same bytes.
 *
 * @throws RpBenchError USAGE for a bad option, OUTPUT_CONFLICT where the folder holds other files, OUTPUT_UNWRITABLE,
 * WRITE_FAILED
 */
export function demonstrateLeastSquares(
  options: LeastSquaresOptions,
  folder: string,
  format: FigureFormat,
): { outcomes: Outcome[]; paths: string[] } {
  const resolved = parseWith(optionsSchema, options, (key) => `--${key}`, "USAGE");
  openDemoFolder(folder);
  const comparison = compareMethods(resolved);
  const paths = [join(folder, LOSSES), join(folder, FIGURES, `${FIGURE}.${format}`)];
  writeFileAtomically(paths[0], lossesText(comparison));
  writeFileAtomically(paths[1], drawLineCharts(leastSquaresCharts(comparison), format, HEADING));
  return { outcomes: allOf(comparison).flatMap(outcomesOf), paths };
}

/** A demo's own folder is written anew; of anything else in it nothing must be mixed with or replaced. */
function openDemoFolder(folder: string): void {
  const figures = join(folder, FIGURES);
  const namesIn = (path: string) => (isDirectory(path) ? readdirSync(path) : []);
  const others = [
    ...namesIn(folder).filter((name) => name !== FIGURES && !isOwnLosses(folder, name)),
    ...namesIn(figures).filter((name) => !FIGURE_FORMATS.some((format) => name === `${FIGURE}.${format}`)),
  ];
  if (others.length > 0) throw conflict(folder, "holds other files already");
  try {
    makeFolder(figures);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

function isOwnLosses(folder: string, name: string): boolean {
  return name === LOSSES && readFileSync(join(folder, name), "utf8").startsWith(csvText(LOSS_COLUMNS, []));
}

const allOf = ({ planes, many }: Comparison): Followed[] => [...planes, ...many];

function outcomesOf({ problem: { name, model }, descents }: Followed): Outcome[] {
  return METHODS.map((method) => {
    const { losses, diverged } = descents[method];
    return {
      ...{ problem: name, unknowns: model.unknowns, scaledLargestEigenvalue: model.scaledLargest, method },
      ...{
        iterations: losses.length - 1,
        firstLoss: losses[0],
        lastLoss: losses[losses.length - 1],
        diverged,
      },
    };
  });
}

function lossesText(comparison: Comparison): string {
  const rows = allOf(comparison).flatMap(({ problem, descents }) =>
    METHODS.flatMap((method) =>
      descents[method].losses.map((loss, iteration) => ({ problem: problem.name, method, iteration, loss })),
    ),
  );
  return csvText(LOSS_COLUMNS, rows);
}
