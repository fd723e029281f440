import { type Command, Option } from "commander";
import { demonstrateLeastSquares, type Outcome } from "../demo/least-squares.js";
import { METHOD_TITLES } from "../demo/methods.js";
import { RpBenchError } from "../errors.js";
import { FIGURE_FORMATS, type FigureFormat } from "../figures/charts/sheet.js";
import { formatTable } from "../table.js";
import { decimal } from "./console.js";
import { parseNumber, resultFolder } from "./options.js";

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
    .description("show why a plain diagonal of the Hessian fails and RP's does not; needs no dataset")
    .argument("<name>", NAMES.join(", "))
    .option("--seed <number>", "seed of the random problem and starting points (default: 0)", parseNumber)
    .option("--iterations <count>", "of each method (default: 60)", parseNumber)
    .option("--correlation <c>", "of the problem with three unknowns (default: 0.7)", parseNumber)
    .addOption(new Option("--format <name>", "image format").choices(FIGURE_FORMATS).default("png"))
    .option("--out <folder>", "result folder (default: results/<time>-demo-<name>)")
    .option("--json", "print the table as JSON")
    .option("--verbose", "print the stack of an error")
    .action(demo);
}

function demo(name: string, { seed, iterations, correlation, format, out, json }: DemoOptions): void {
  if (!NAMES.includes(name)) {
    throw new RpBenchError("USAGE", `demo: must be one of ${NAMES.join(", ")}, got "${name}"`);
  }
  const folder = resultFolder(out, "demo", name);
  const { outcomes, paths } = demonstrateLeastSquares({ seed, iterations, correlation }, folder, format);
  const text = json
    ? JSON.stringify({ folder, paths, outcomes }, null, 2)
    : `${table(outcomes)}\n\n${paths.join("\n")}`;
  process.stdout.write(`${text}\n`);
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
