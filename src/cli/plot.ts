import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { RpBenchError } from "../errors.js";
import { FIGURE_FORMATS, type FigureFormat } from "../figures/charts/sheet.js";
import { drawFigures } from "../figures/draw-figures.js";
import { warn } from "./console.js";
import { VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

interface PlotOptions {
  format: FigureFormat;
  json?: boolean;
}

export function addPlotCommand(program: Command): void {
  program
    .command("plot")
    .summary("Draw the figures of result folders from their CSV files.")
    .description(
      "Draws the figures of result folders again, from their CSV files, and prints where they are.",
    )
    .argument("[folders...]", "The result folders to draw. (default: the newest in results/)")
    .addOption(
      new Option("--format <name>", "Draw images of this format.").choices(FIGURE_FORMATS).default("png"),
    )
    .option("--json", "Print the paths as JSON, for another program to read.")
    .option("--verbose", VERBOSE_HELP)
    .action((folders: string[], { format, json }: PlotOptions) => {
      const paths = (folders.length > 0 ? folders : [newestFolder("results")]).flatMap((folder) =>
        drawFigures(folder, format, warn),
      );
      say(json ? `${JSON.stringify(paths, null, 2)}\n` : `${paths.join("\n")}\n`);
    });
}

/** By the time its manifest was written. */
function newestFolder(parent: string): string {
  const written = (folder: string): number => {
    try {
      return statSync(join(folder, "manifest.json")).mtimeMs;
    } catch {
      return 0; // no result folder
    }
  };
  let names: string[] = [];
  try {
    names = readdirSync(parent);
  } catch {
    // No such folder: the error below says so.
  }
  const folders = names.map((name) => join(parent, name)).filter((folder) => written(folder) > 0);
  const newest = folders.sort((a, b) => written(b) - written(a))[0];
  if (!newest) {
    throw new RpBenchError(
      "RESULTS_ABSENT",
      `${parent}/: holds no results; name a folder or run: rp-bench run`,
    );
  }
  return newest;
}
