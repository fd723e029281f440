import { type Command, Option } from "commander";
import { FIGURE_FORMATS, type FigureFormat } from "../figures/charts/sheet.js";
import { drawFigures } from "../figures/draw-figures.js";
import { newestFolder } from "../results/newest-folder.js";
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
    .argument("[folders...]", "Result folders. (default: the newest in results/)")
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
