import { type Command, InvalidArgumentError, Option } from "commander";
import { RpBenchError } from "../errors.js";
import { FIGURE_FORMATS, SVG_TEXTS } from "../figures/charts/sheet.js";
import { THEMES } from "../figures/charts/theme.js";
import { drawFigures } from "../figures/draw-figures.js";
import { type FigureOptions, X_AXES } from "../figures/figure-options.js";
import { newestFolder } from "../results/newest-folder.js";
import { warn } from "./console.js";
import { sayJson } from "./json-output.js";
import { once, parseNumber, VERBOSE_HELP } from "./options.js";
import { say } from "./stdout.js";

interface PlotOptions extends FigureOptions {
  json?: boolean;
}

/** Pixels of a PNG: below that the letters leave no room for a curve, above it memory runs out. */
const [LEAST_PIXELS, MOST_PIXELS] = [600, 8000];

export function addPlotCommand(program: Command): void {
  program
    .command("plot")
    .summary("Draw the figures of result folders from their CSV files.")
    .description(
      "Draws the figures of result folders again, from their CSV files, and prints where they are. Without options they " +
        "are as the command that made the folder left them. --x, --y-min, --y-max, --title, --size and --from are about the " +
        "figures of losses, the other options about all.",
    )
    .argument("[folders...]", "The result folders to draw. (default: the newest in results/)")
    .addOption(
      new Option("--format <name>", "Draw images of this format.").choices(FIGURE_FORMATS).default("png"),
    )
    .addOption(
      new Option(
        "--x <axis>",
        "Draw the losses over this axis alone. (default: over epochs and over seconds)",
      ).choices(X_AXES),
    )
    .option("--y-min <loss>", "Let the axis of losses begin here.", once(parseLoss))
    .option("--y-max <loss>", "Let the axis of losses end here.", once(parseLoss))
    .option("--from <epoch>", "Leave out the evaluations before this epoch.", once(parseEpoch))
    .option("--title <text>", "Write this above the figures of losses.", once(String))
    .option(
      "--size <pixels>",
      "Make a PNG of a figure of losses so many pixels wide and high, as 1600x1080; an SVG has half of each.",
      once(parseSize),
    )
    .addOption(new Option("--theme <name>", "Draw on this ground.").choices(THEMES).default("light"))
    .option("--only <labels>", "Draw the optimizers with these labels alone, as rp,adam.", once(parseLabels))
    .addOption(
      new Option(
        "--svg-text <kind>",
        "Write the letters of an SVG as paths, which look the same everywhere, or as text, which can be selected and " +
          "needs the font Inter to look the same.",
      )
        .choices(SVG_TEXTS)
        .default("paths"),
    )
    .option("--json", "Print the paths as JSON, for another program to read.")
    .option("--verbose", VERBOSE_HELP)
    .action((folders: string[], { json, ...options }: PlotOptions) => {
      if (options.svgText === "text" && options.format !== "svg")
        throw new RpBenchError("USAGE", "--svg-text text: is about SVG files; give --format svg, too");
      const paths = (folders.length > 0 ? folders : [newestFolder("results")]).flatMap((folder) =>
        drawFigures(folder, options, warn),
      );
      if (json) sayJson(paths);
      else say(`${paths.join("\n")}\n`);
    });
}

function parseLoss(text: string): number {
  const value = parseNumber(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be above 0, for the axis is logarithmic.");
}

function parseEpoch(text: string): number {
  const value = parseNumber(text);
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be 0 or a later epoch.");
}

function parseSize(text: string): { width: number; height: number } {
  const [, width, height] = (/^(\d+)[x×](\d+)$/.exec(text) ?? []).map(Number);
  const fits = (pixels: number | undefined) =>
    pixels !== undefined && pixels >= LEAST_PIXELS && pixels <= MOST_PIXELS;
  if (fits(width) && fits(height)) return { width, height };
  throw new InvalidArgumentError(
    `It must be a width and a height of ${LEAST_PIXELS} to ${MOST_PIXELS} pixels, as 1600x1080.`,
  );
}

function parseLabels(text: string): string[] {
  const labels = text.split(",").map((label) => label.trim());
  if (labels.every((label) => label !== "")) return labels;
  throw new InvalidArgumentError("It must be labels with commas between them, as rp,adam.");
}
