import type { Command } from "commander";
import type { Audit } from "../audit/audit.js";
import { type AuditResult, runAudit } from "../audit/run-audit.js";
import { type AuditSummary, summarizeAudit } from "../audit/summary.js";
import { type AuditFlags, resolveAuditConfig } from "../config/audit-resolve.js";
import { formatTable } from "../table.js";
import { createReporter, decimal, isTerminal } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { withInterrupt } from "./interrupt.js";
import { sayJson } from "./json-output.js";
import {
  addOptimizerSettings,
  addTrainingSettings,
  DATA_DIR_HELP,
  DATASET_HELP,
  JSON_HELP,
  once,
  overridesOf,
  parseNumber,
  parseRate,
  QUIET_HELP,
  resultFolder,
  SEED_HELP,
  type TrainingCommandOptions,
} from "./options.js";
import { say } from "./stdout.js";

interface AuditOptions extends Omit<AuditFlags, "overrides">, TrainingCommandOptions {}

export function addAuditCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command("audit")
    .summary("Measure, along a training run, how loose RP's bound is and which rates it leaves room for.")
    .description(
      "Trains with one optimizer and measures on the way how far RP's upper bound lies above the curvature that it " +
        "bounds, whether the loss ever exceeds what the bound predicts, and which rates λ the bound leaves room for. " +
        "The training itself is not changed by it.",
    )
    .option("--dataset <name>", DATASET_HELP)
    .option("--data-dir <folder>", DATA_DIR_HELP)
    .option(
      "--optimizer <name>",
      "Train with this optimizer: rp, adam, sgd or your own, the path of a module such as ./mine.mjs. (default: rp)",
      once(String),
    )
    .option(
      "--lr <rate>",
      "Use this learning rate; auto has rp compute it anew at each step. (default: the rate of the dataset's configuration)",
      once(parseRate),
    );
  addOptimizerSettings(command)
    .option(
      "--epochs <count>",
      "Train for so many passes over the training images. (default: 5)",
      parseNumber,
    )
    .option(
      "--every <steps>",
      "Compare the predicted loss with the true one every so many updates. (default: 25)",
      parseNumber,
    );
  addTrainingSettings(command)
    .option("--seed <number>", `${SEED_HELP} (default: 0)`, once(parseNumber))
    .option("--out <folder>", "Write to this folder. (default: results/<time>-audit-<dataset>)")
    .option("--json", JSON_HELP)
    .option("--quiet", QUIET_HELP)
    .option("--verbose", "Print which kernels and files are used, and the stack of an error.")
    .action(async (options: AuditOptions) => setExitCode(await audit(options)));
}

async function audit(options: AuditOptions): Promise<number> {
  const { json, quiet = false, verbose = false } = options;
  const config = resolveAuditConfig({ ...options, overrides: overridesOf(options) });
  const folder = resultFolder(options.out, "audit", config.dataset);
  const reporter = createReporter({ quiet, verbose });
  const lines = !quiet && !isTerminal();
  const result = await withInterrupt((signal) =>
    runAudit(config, folder, {
      ...{ signal, reporter, dataDir: options.dataDir },
      onPoint: (soFar) => lines && process.stderr.write(`${pointLine(soFar)}\n`),
    }),
  );
  const { status, reason, steps } = result.audit;
  const summary = summarizeAudit(result.audit);
  const { title, files } = result;
  const found = { title, folder, files, status, reason, steps, ...summary };
  if (json) sayJson(found);
  else say(report(result, summary));
  if (status === "diverged")
    process.stderr.write(`rp-bench: diverged after ${steps} steps: ${reason}; choose a smaller --lr\n`);
  if (status === "interrupted")
    process.stderr.write(`rp-bench: interrupted after ${steps} steps; ${folder} has what was found\n`);
  if (status === "interrupted") return 130;
  return status === "done" ? 0 : 1;
}

function pointLine({ ratios, predictions }: Audit): string {
  const last = predictions[predictions.length - 1];
  const medians = ratios
    .filter(
      ({ step, over, parameters }) =>
        step === last.step && over === "gauss_newton" && parameters === "weights",
    )
    .map(({ quantiles }) => short(quantiles?.median));
  return `step ${last.step}: loss ${decimal(last.loss)}, h / Gauss-Newton by layer ${medians.join(" ")}, best λ ${short(last.bestLambda)}`;
}

function report({ title, files }: AuditResult, summary: AuditSummary): string {
  const { ratios, judged, above, unitAbove } = summary;
  if (judged === 0) return `${title}\n\nnothing was judged\n`;
  const step = ratios[0]?.step;
  const rows = ratios
    .filter(({ over }) => over === "gauss_newton")
    .map(({ layer, parameters, quantiles, zeros, count }) => {
      const hessian = ratios.find(
        (one) => one.layer === layer && one.parameters === parameters && one.over === "hessian",
      );
      return [
        ...[String(layer), parameters, short(quantiles?.median), short(hessian?.quantiles?.median)],
        ...[percent(zeros, count), percent(hessian?.negatives ?? 0, count)],
      ];
    });
  const head = ["layer", "parameters", "h / Gauss-Newton", "h / Hessian", "Gauss-Newton 0", "Hessian < 0"];
  const lines = [
    `true loss above the bound's prediction: ${above} of ${judged} updates (${percent(above, judged)}); after −g/h, λ = 1: ${unitAbove}`,
    `bound over Gauss-Newton model along the update: ${range(summary.looseness)}`,
    `best λ along −g/h: ${range(summary.bestLambda)}`,
    `λ stable on a batch's model up to: ${range(summary.stableLambda)}`,
  ];
  const table =
    step === undefined ? "" : `medians before update ${step}:\n${formatTable([head, ...rows])}\n\n`;
  return `${title}\n\n${table}${lines.join("\n")}\n\n${files.join("\n")}\n`;
}

function range(values: AuditSummary["bestLambda"]): string {
  if (!values) return "–";
  return `median ${short(values.median)}, from ${short(values.least)} to ${short(values.greatest)}`;
}

function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function percent(part: number, whole: number): string {
  return `${Number(((100 * part) / whole).toFixed(1))} %`;
}
