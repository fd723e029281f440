import { type Command, Option } from "commander";
import { type RunFlags, resolveRunConfig, untunedNetwork } from "../config/resolve.js";
import { type RunConfig, seedsOf } from "../config/schema.js";
import { type SeedFlags, seedOfFlags } from "../config/seeds.js";
import type { Dataset } from "../data/load.js";
import { drawFigures } from "../figures/draw-figures.js";
import { displayName, settingsBesideName } from "../optimizers/display-name.js";
import { reportPath, writeReport } from "../report/write-report.js";
import { DIVERGENCE } from "../results/divergence.js";
import { runNameOf, type SummaryRow } from "../results/summary.js";
import { formatTable } from "../table.js";
import { paragraphs } from "../terminal.js";
import { type BenchmarkResult, runBenchmark } from "../training/benchmark.js";
import { createReporter, decimal, goneText } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { interruptedText, withInterrupt } from "./interrupt.js";
import { type JsonOptions, sayResult } from "./json-output.js";
import { addServeOption, type ServeOptions, tellingOf, withLivePage } from "./live.js";
import {
  addOptimizerSettings,
  addTrainingSettings,
  BACKEND_HELP,
  CHECKPOINT_HELP,
  checkpointEvery,
  DATA_DIR_HELP,
  DATASET_HELP,
  JSON_HELP,
  JSON_LINES_HELP,
  overridesOf,
  parseNumber,
  QUIET_HELP,
  resultFolder,
  TENSOR_MEMORY_HELP,
  type TrainingCommandOptions,
} from "./options.js";
import { addRunChoices } from "./run-choices.js";
import { runResult, tablesOf, withRunLines } from "./run-json.js";
import { namedOf, namesOf } from "./run-names.js";
import { seedsTable, verdictText } from "./run-report.js";
import { say } from "./stdout.js";

interface RunOptions
  extends Omit<RunFlags, "overrides">,
    SeedFlags,
    JsonOptions,
    TrainingCommandOptions,
    ServeOptions {
  checkpointEvery?: number;
  json?: boolean;
}

export function addRunCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command("run")
    .summary("Train an autoencoder with each optimizer; write logs, a summary and figures.")
    .description(
      "Trains the same autoencoder, a network that learns to give back its input through a narrow layer, with each " +
        "optimizer, from the same initial weights and on the same batches. It leaves a folder with a log of every run, the trained parameters, a summary and figures. Without options it " +
        "trains RP, Adam, SGD and a faster variant of RP on MNIST for ten epochs, at rates that were chosen before.",
    )
    .option(
      "--config <file>",
      "Read settings from this configuration file, or from the one that comes with rp-bench for the dataset that is " +
        "named. Options given beside it win. (default: that of --dataset)",
    )
    .option("--dataset <name>", DATASET_HELP)
    .option("--data-dir <folder>", DATA_DIR_HELP);
  const lrAfter = addRunChoices(command);
  addOptimizerSettings(command).option(
    "--epochs <count>",
    "Train for this number of epochs, which are passes over the training images. (default: 10)",
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
      "Build rp's curvature for the cross-entropy from this in place of its second derivative: jaakkola-jordan, a bound " +
        "that holds for a change of any size, boehning, a looser bound, or exact, the second derivative itself, which is " +
        "no bound. (default: jaakkola-jordan)",
    )
    .option("--backend <name>", BACKEND_HELP)
    .option("--tensor-memory <MiB>", TENSOR_MEMORY_HELP, parseNumber)
    .option(
      "--eval-every <steps>",
      "Evaluate the losses over the whole datasets each time this number of steps is done. (default: once an epoch, or up to six times where that costs less than a tenth of the training)",
      parseNumber,
    )
    .option("--checkpoint-every <steps>", CHECKPOINT_HELP, parseNumber)
    .option(
      "--target <loss>",
      "Report when each run first reached this validation loss, in steps and seconds.",
      parseNumber,
    )
    .option("--save-parameters", "Keep the trained parameters of every run. (default: they are kept)")
    .option("--no-save-parameters", "Do not keep the trained parameters.")
    .option(
      "--out <folder>",
      "Write to this folder. A folder of the same command keeps its finished runs and gets the others; one that was stopped goes on from its checkpoint. (default: " +
        "results/<time>-run-<dataset>)",
    );
  addServeOption(command)
    .option("--json", JSON_HELP)
    .addOption(new Option("--json-lines", JSON_LINES_HELP).conflicts("json"))
    .option("--quiet", QUIET_HELP)
    .option("--verbose", "Print which kernels and files are used, and the stack of an error.")
    .action(async (options: RunOptions) => setExitCode(await run({ ...options, lrAfter })));
}

async function run(options: RunOptions): Promise<number> {
  const { json, jsonLines, quiet = false, verbose = false } = options;
  const seed = seedOfFlags(options);
  const flags = { ...options, overrides: overridesOf({ ...options, seed }) };
  const config = resolveRunConfig(flags);
  const every = checkpointEvery(options.checkpointEvery);
  const folder = resultFolder(options.out, "run", config.dataset);
  const shown = createReporter({ quiet, verbose });
  const reporter = jsonLines ? withRunLines(shown, config) : shown;
  const untuned = untunedNetwork(flags, config);
  const { dataDir } = options;
  let loaded: Dataset | undefined;
  const { result, figures, page, failure } = await withLivePage(
    options,
    { folder, dataDir },
    async (live) => {
      const made = await withInterrupt((signal) =>
        runBenchmark(config, folder, {
          ...{ signal, dataDir, checkpointEvery: every },
          reporter: {
            ...tellingOf(reporter, live, config.optimizers.length * seedsOf(config).length),
            start(info) {
              loaded = info.dataset; // the page shows its images
              if (untuned) reporter.warn(untuned); // not before a complaint that ends the command
              reporter.start(info);
            },
          },
        }),
      );
      return { result: made, ...(await drawn(made, folder, loaded)) };
    },
  );
  const files = page === null ? figures : [...figures, page];
  const code = exitCodeOf(result, config);
  if (json || jsonLines) {
    sayResult(options, runResult(result, folder, { figures, report: page }, failure, code));
  } else {
    say(report(result, folder, files, seedsOf(config).length));
  }
  if (failure) throw failure;
  if (result.interrupted) {
    const drawable = result.summary.some((row) => row.best_validation_loss !== null);
    const remedy = "goes on, from the last checkpoint where there is one";
    process.stderr.write(interruptedText(folder, remedy, drawable));
    return code;
  }
  for (const row of result.summary.filter((one) => result.blewUp.includes(runNameOf(one)))) {
    const name = namesOf(result.summary)(String(row.label));
    const which = seedsOf(config).length > 1 ? `${name}, seed ${row.seed},` : name;
    const what = `${which} blew up: its test loss ended above ${DIVERGENCE.lossFactor} times its first`;
    process.stderr.write(`rp-bench: ${what}; try a lower --lr\n`);
  }
  for (const name of result.gone) process.stderr.write(`rp-bench: ${goneText(name)}\n`);
  return code;
}

function exitCodeOf({ summary, blewUp, gone, interrupted }: BenchmarkResult, config: RunConfig): number {
  if (interrupted) return 130;
  const wanted = config.optimizers.length * seedsOf(config).length;
  const done = summary.filter(({ status }) => status === "done").length === wanted;
  return done && blewUp.length === 0 && gone.length === 0 ? 0 : 1;
}

/** Figures and the page of what there is; what goes wrong with them must not cost the table. */
async function drawn(
  { summary, interrupted }: BenchmarkResult,
  folder: string,
  loaded: Dataset | undefined,
): Promise<{ figures: string[]; page: string | null; failure?: unknown }> {
  const hasRows = summary.some((row) => row.best_validation_loss !== null);
  let figures: string[] = [];
  if (interrupted || !hasRows) return { figures, page: null };
  try {
    figures = drawFigures(folder, "png");
    return { figures, page: await writeReport([folder], reportPath(folder), { loaded }) };
  } catch (failure) {
    return { figures, page: null, failure };
  }
}

function report(
  { summary, blewUp }: BenchmarkResult,
  folder: string,
  figures: string[],
  seeds: number,
): string {
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
  const statusOf = (row: SummaryRow) => {
    const { status, step } = row;
    if (status !== "done") return `${status} at step ${step}`;
    return blewUp.includes(runNameOf(row)) ? "done, blew up" : "done";
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
  const files = tablesOf(folder);
  const table = seeds > 1 ? seedsTable(summary, blewUp) : [head, ...rows];
  const verdict = paragraphs([verdictText(summary, blewUp, seeds)]);
  const title = summary[0] ? `${summary[0].title}\n\n` : "";
  return `${title}${formatTable(table)}\n\n${verdict && `${verdict}\n\n`}${[...files, ...figures].join("\n")}\n`;
}
