import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type RunFlags, resolveRunConfig, untunedNetwork } from "../config/resolve.js";
import { drawFigures } from "../figures/draw-figures.js";
import { displayName, type Named, settingsBesideName } from "../optimizers/display-name.js";
import { DIVERGENCE } from "../results/divergence.js";
import type { SummaryRow } from "../results/summary.js";
import { formatTable } from "../table.js";
import { type BenchmarkResult, runBenchmark } from "../training/benchmark.js";
import { createReporter, decimal, goneText } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { withInterrupt } from "./interrupt.js";
import {
  addOptimizerSettings,
  addTrainingSettings,
  BACKEND_HELP,
  collect,
  collectRate,
  DATA_DIR_HELP,
  DATASET_HELP,
  JSON_HELP,
  OPTIMIZER_HELP,
  overridesOf,
  parseNumber,
  QUIET_HELP,
  resultFolder,
  TENSOR_MEMORY_HELP,
  type TrainingCommandOptions,
} from "./options.js";

interface RunOptions extends Omit<RunFlags, "overrides">, TrainingCommandOptions {}

export function addRunCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command("run")
    .summary("Train an autoencoder with each optimizer; write logs, a summary and figures.")
    .description(
      "Trains the same autoencoder once with each optimizer, from the same initial weights and on the same batches. It " +
        "leaves a folder with a log of every run, the trained parameters, a summary and figures. Without options it " +
        "trains RP, Adam, SGD and a faster variant of RP on MNIST for ten epochs, at rates that were chosen before.",
    )
    .option(
      "--config <file>",
      "Read settings from this configuration file, or from the one that comes with rp-bench for the dataset that is " +
        "named. Options given beside it win. (default: that of --dataset)",
    )
    .option("--dataset <name>", DATASET_HELP)
    .option("--data-dir <folder>", DATA_DIR_HELP)
    .option("--optimizer <name>", OPTIMIZER_HELP, collect)
    .option(
      "--lr <rate>",
      "Use this learning rate; RP's is called λ, and auto has rp compute its rate and momentum anew at each step. Give " +
        "one for each --optimizer, in the same order. (default: the rate of the dataset's configuration)",
      collectRate,
    );
  addOptimizerSettings(command).option(
    "--epochs <count>",
    "Train for so many passes over the training images. (default: 10)",
    parseNumber,
  );
  addTrainingSettings(command)
    .option(
      "--loss <name>",
      "Train for this loss and evaluate it: mse, the mean squared error, or cross-entropy, where pixels are means of 0s " +
        "and 1s and the network's outputs are their logits. (default: mse)",
    )
    .option(
      "--curvature-bound <name>",
      "Put this for the second derivative of cross-entropy into rp's curvature: jaakkola-jordan, a bound that holds for " +
        "a change of any size, boehning, a looser one, or exact, which is no bound. (default: jaakkola-jordan)",
    )
    .option("--backend <name>", BACKEND_HELP)
    .option("--tensor-memory <MiB>", TENSOR_MEMORY_HELP, parseNumber)
    .option(
      "--eval-every <steps>",
      "Evaluate the losses over whole datasets every so many steps. (default: once an epoch)",
      parseNumber,
    )
    .option(
      "--target <loss>",
      "Report when each run first reached this validation loss, in steps and seconds.",
      parseNumber,
    )
    .option("--save-parameters", "Keep the trained parameters of every run. (default: they are kept)")
    .option("--no-save-parameters", "Do not keep the trained parameters.")
    .option(
      "--out <folder>",
      "Write to this folder. A folder of the same command keeps its finished runs and gets the others. (default: " +
        "results/<time>-run-<dataset>)",
    )
    .option("--json", JSON_HELP)
    .option("--quiet", QUIET_HELP)
    .option("--verbose", "Print which kernels and files are used, and the stack of an error.")
    .action(async (options: RunOptions) => setExitCode(await run(options)));
}

async function run(options: RunOptions): Promise<number> {
  const { json, quiet = false, verbose = false } = options;
  const flags = { ...options, overrides: overridesOf(options) };
  const config = resolveRunConfig(flags);
  const folder = resultFolder(options.out, "run", config.dataset);
  const reporter = createReporter({ quiet, verbose });
  const untuned = untunedNetwork(flags, config);
  const result = await withInterrupt((signal) =>
    runBenchmark(config, folder, {
      ...{ signal, dataDir: options.dataDir },
      reporter: {
        ...reporter,
        start(info) {
          if (untuned) reporter.warn(untuned); // not before a complaint that ends the command
          reporter.start(info);
        },
      },
    }),
  );
  const { figures, failure } = drawn(result, folder);

  if (json) process.stdout.write(`${JSON.stringify({ folder, figures, ...result }, null, 2)}\n`);
  else process.stdout.write(report(result, folder, figures));
  if (failure) throw failure;
  if (result.interrupted) {
    const remedy = `the same command with --out ${folder} makes the runs that are not finished`;
    process.stderr.write(`rp-bench: interrupted; ${remedy}\n`);
    return 130;
  }
  for (const label of result.blewUp) {
    const row = result.summary.find((one) => one.label === label);
    const what = `${row ? displayName(namedOf(row)) : label} blew up: its test loss ended above ${DIVERGENCE.lossFactor} times its first`;
    process.stderr.write(`rp-bench: ${what}; try a lower --lr\n`);
  }
  for (const name of result.gone) process.stderr.write(`rp-bench: ${goneText(name)}\n`);
  const done = result.summary.filter(({ status }) => status === "done").length === config.optimizers.length;
  return done && result.blewUp.length === 0 && result.gone.length === 0 ? 0 : 1;
}

/** Figures of what there is; what goes wrong with them must not cost the report. */
function drawn(
  { summary, interrupted }: BenchmarkResult,
  folder: string,
): { figures: string[]; failure?: unknown } {
  const hasRows = summary.some((row) => row.best_validation_loss !== null);
  if (interrupted || !hasRows) return { figures: [] };
  try {
    return { figures: drawFigures(folder, "png") };
  } catch (failure) {
    return { figures: [], failure };
  }
}

function namedOf({ label, optimizer, settings }: SummaryRow): Named {
  return { label: String(label), optimizer: String(optimizer), settings: String(settings ?? "") };
}

function report({ summary, blewUp }: BenchmarkResult, folder: string, figures: string[]): string {
  const loss = (cell: SummaryRow["test_loss"]) => (typeof cell === "number" ? decimal(cell) : "–");
  const target = summary.some((row) => row.target_loss !== null);
  const settings = summary.some((row) => settingsBesideName(namedOf(row)) !== "");
  const head = [
    "optimizer",
    "learning rate",
    ...(settings ? ["settings"] : []),
    "status",
    "train loss",
    "validation loss",
    "test loss",
    "ms/step",
  ];
  const statusOf = ({ label, status, step }: SummaryRow) => {
    if (status !== "done") return `${status} at step ${step}`;
    return blewUp.includes(String(label)) ? "done, blew up" : "done";
  };
  const rows = summary.map((row) => [
    displayName(namedOf(row)),
    String(row.learning_rate),
    ...(settings ? [settingsBesideName(namedOf(row))] : []),
    statusOf(row),
    loss(row.train_loss),
    loss(row.validation_loss),
    loss(row.test_loss),
    typeof row.median_step_milliseconds === "number" ? row.median_step_milliseconds.toFixed(2) : "–",
    ...(target ? [row.target_step === null ? "–" : `${row.target_step} steps, ${row.target_seconds} s`] : []),
  ]);
  if (target) head.push(`to ${summary[0].target_loss}`);
  const files = ["summary.csv", "manifest.json", "runs"].map((name) => join(folder, name)).filter(existsSync);
  const title = summary[0] ? `${summary[0].title}\n\n` : "";
  return `${title}${formatTable([head, ...rows])}\n\n${[...files, ...figures].join("\n")}\n`;
}
