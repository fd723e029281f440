import { type Command, Option } from "commander";
import { demonstrateLeastSquares, type Outcome } from "../demo/least-squares.js";
import { METHOD_TITLES } from "../demo/methods.js";
import { RpBenchError } from "../errors.js";
import { FIGURE_FORMATS, type FigureFormat } from "../figures/charts/sheet.js";
import { formatTable } from "../table.js";
import { decimal } from "./console.js";
import { sayJson } from "./json-output.js";
import { JSON_HELP, parseNumber, resultFolder, VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

interface DemoOptions {
  seed?: number;
  iterations?: number;
  correlation?: number;
  format: FigureFormat;
  out?: string;
  json?: boolean;
}

const NAMES = ["least-squares"];

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .summary("Show why a plain diagonal of the Hessian fails and RP's does not; needs no dataset.")
    .description(
      "Draws on small least-squares problems how Newton's method, the plain diagonal of the Hessian (Jacobi), gradient " +
        "descent and RP move: the plain diagonal can diverge, RP cannot. It takes a second and needs no dataset.",
    )
    .argument("<name>", `The demonstration: ${NAMES.join(", ")}.`)
    .option(
      "--seed <number>",
      "Draw the random problem and the starting points from this seed. (default: 0)",
      parseNumber,
    )
    .option("--iterations <count>", "Make so many iterations of each method. (default: 60)", parseNumber)
    .option(
      "--correlation <c>",
      "Correlate the columns of the problem with three unknowns so strongly. (default: 0.7)",
      parseNumber,
    )
    .addOption(
      new Option("--format <name>", "Draw the image in this format.").choices(FIGURE_FORMATS).default("png"),
    )
    .option("--out <folder>", "Write to this folder. (default: results/<time>-demo-<name>)")
    .option("--json", JSON_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action(demo);
}

function demo(name: string, { seed, iterations, correlation, format, out, json }: DemoOptions): void {
  if (!NAMES.includes(name)) {
    throw new RpBenchError("USAGE", `demo: must be one of ${NAMES.join(", ")}, got "${name}"`);
  }
  const folder = resultFolder(out, "demo", name);
  const { outcomes, paths } = demonstrateLeastSquares({ seed, iterations, correlation }, folder, format);
  if (json) sayJson({ folder, paths, outcomes });
  else say(`${table(outcomes)}\n\n${paths.join("\n")}\n`);
}

function table(outcomes: Outcome[]): string {
  const head = [
    "problem",
    "unknowns",
    "λmax, scaled",
    "method",
    "iterations",
    "first loss",
    "last loss",
    "diverged",
  ];
  const rows = outcomes.map((outcome) => [
    outcome.problem,
    String(outcome.unknowns),
    outcome.scaledLargestEigenvalue.toFixed(3),
    METHOD_TITLES[outcome.method],
    String(outcome.iterations),
    decimal(outcome.firstLoss),
    decimal(outcome.lastLoss),
    outcome.diverged ? "yes" : "no",
  ]);
  return formatTable([head, ...rows]);
}
