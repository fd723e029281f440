import type { Command } from "commander";
import type { Audit } from "../audit/audit.js";
import type { AuditEstimate } from "../audit/estimate.js";
import { runAudit } from "../audit/run-audit.js";
import { summarizeAudit } from "../audit/summary.js";
import { type AuditFlags, resolveAuditConfig } from "../config/audit-resolve.js";
import { auditText, short } from "./audit-text.js";
import { counted, createReporter, decimal, isTerminal, note } from "./console.js";
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
import { duration } from "./study-console.js";

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
      "Train for this number of epochs, which are passes over the training images. (default: 5)",
      parseNumber,
    )
    .option(
      "--every <steps>",
      "Compare the predicted loss with the true one each time this number of updates is done. (default: 25)",
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
      onEstimate: (estimate) => quiet || note(estimateLine(estimate)),
      onPoint: (soFar) => lines && process.stderr.write(`${pointLine(soFar)}\n`),
    }),
  );
  const { status, reason, steps } = result.audit;
  const summary = summarizeAudit(result.audit);
  const { title, files } = result;
  const found = { title, folder, files, status, reason, steps, ...summary };
  if (json) sayJson(found);
  else say(auditText(result, summary));
  if (status === "diverged")
    process.stderr.write(`rp-bench: diverged after ${steps} steps: ${reason}; choose a smaller --lr\n`);
  if (status === "interrupted")
    process.stderr.write(
      `rp-bench: interrupted after ${steps} steps; ${folder} has what was found; the same command begins again\n`,
    );
  if (status === "interrupted") return 130;
  return status === "done" ? 0 : 1;
}

function estimateLine({ seconds, steps, judged, points }: AuditEstimate): string {
  const looks = `${counted(judged, "update")} judged, the diagonals taken before ${points} of them`;
  return `about ${duration(seconds)}: ${counted(steps, "update")}, ${looks}`;
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
