import type { Command } from "commander";
import {
  type Baseline,
  baselinePath,
  PACKAGED_BASELINE,
  prepareFolder,
  readBaseline,
  writeBaseline,
} from "../check/baseline.js";
import { checkAgainst, compareBaselines, makeBaseline } from "../check/check.js";
import { annotations, junitText, verdictTable } from "../check/reports.js";
import { throttledPeriods } from "../check/throttling.js";
import type { Verdict } from "../check/verdicts.js";
import { resolveCheckConfig } from "../config/check-resolve.js";
import type { CheckConfig } from "../config/check-schema.js";
import { createEngine } from "../engines/create-engine.js";
import { RpBenchError } from "../errors.js";
import { requireWritable, writeFileAtomically } from "../files/files.js";
import { loadMultiplyAddLoop } from "../kernels/native.js";
import { type DatasetFacts, datasetFacts } from "../results/manifest.js";
import { formatTable } from "../table.js";
import { prepareDataset } from "../training/prepare.js";
import { counted, note, warn } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { withInterrupt } from "./interrupt.js";
import { sayJson } from "./json-output.js";
import { DATA_DIR_HELP, JSON_HELP, QUIET_HELP, VERBOSE_HELP } from "./options.js";

interface CheckOptions {
  baseline?: string;
  config?: string;
  updateBaseline?: boolean;
  junit?: string;
  dataDir?: string;
  json?: boolean;
  quiet?: boolean;
}

export function addCheckCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command("check")
    .summary("Find regressions: compare losses and step times with a baseline.")
    .description(
      "Makes short training runs and compares their losses and step times with those of a baseline. It is for " +
        "continuous integration: where a value differs by more than rounding or noise explains, the exit code is 1.",
    )
    .option(
      "--baseline <folder>",
      "Compare with the baseline.json in this folder. (default: the baseline that comes with rp-bench)",
    )
    .option("--config <file>", "Make the runs that this file describes. (default: configs/ci.json)")
    .option(
      "--update-baseline",
      "Write a new baseline to the folder of --baseline instead, and show how it differs from the one before.",
    )
    .option("--junit <file>", "Write the verdicts to this file, too, as JUnit XML.")
    .option("--data-dir <folder>", DATA_DIR_HELP)
    .option("--json", JSON_HELP)
    .option("--quiet", QUIET_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action(async (options: CheckOptions) => setExitCode(await check(options)));
}

async function check(options: CheckOptions): Promise<number> {
  const { quiet, json, junit, dataDir, updateBaseline } = options;
  const progress = quiet ? () => {} : note;
  if (updateBaseline && !options.baseline) {
    throw new RpBenchError("USAGE", "--update-baseline: name the folder to write to with --baseline");
  }
  if (updateBaseline && junit !== undefined) {
    throw new RpBenchError("USAGE", "--junit: goes with a check, not with --update-baseline");
  }
  const folder = options.baseline ?? PACKAGED_BASELINE;
  const config = resolveCheckConfig(options.config);
  if (junit !== undefined) requireWritable("--junit", junit);
  const { dataset, splits } = await prepareDataset(config.dataset, config, { dataDir, warn });
  const facts = datasetFacts(dataset);
  const base = {
    ...{ splits, multiplyAdd: loadMultiplyAddLoop(), note: progress },
    throttled: () => throttledPeriods(),
    engine: (threads?: number) => createEngine("native", { threads }),
  };
  // What is wrong with a baseline, or where it is to go, is known before the runs.
  if (updateBaseline) {
    const before = oldBaseline(folder, config, facts, progress);
    prepareFolder(folder);
    const made = await withInterrupt((signal) => makeBaseline(config, facts, { ...base, signal }));
    const path = writeBaseline(folder, made.baseline);
    const verdicts = before && compareBaselines(config, before, made.observations);
    if (json) sayJson({ baseline: path, verdicts });
    else process.stdout.write(`${verdicts ? `${formatTable(verdictTable(verdicts))}\n\n` : ""}${path}\n`);
    return 0;
  }
  const baseline = readBaseline(folder, config, facts);
  const { verdicts, timesAdvisory } = await withInterrupt((signal) =>
    checkAgainst(baseline, config, { ...base, signal }),
  );
  const bad = regressionsOf(verdicts);
  if (json) sayJson({ baseline: baselinePath(folder), regressions: bad, timesAdvisory, verdicts });
  else
    process.stdout.write(
      `${formatTable(verdictTable(verdicts))}\n\n${conclusion(verdicts, timesAdvisory)}\n`,
    );
  if (junit !== undefined) writeFileAtomically(junit, junitText(verdicts));
  const marks = process.env.GITHUB_ACTIONS === "true" ? annotations(verdicts) : [];
  for (const mark of marks) (json ? process.stderr : process.stdout).write(`${mark}\n`);
  return bad > 0 ? 1 : 0;
}

/** The baseline that a new one replaces; null where there is none that it can be compared with, which is told. */
function oldBaseline(
  folder: string,
  config: CheckConfig,
  facts: DatasetFacts,
  progress: (text: string) => void,
): Baseline | null {
  try {
    return readBaseline(folder, config, facts);
  } catch (error) {
    if (!(error instanceof RpBenchError)) throw error;
    if (error.code !== "RESULTS_ABSENT") progress(`not compared with the old baseline: ${error.message}`);
    return null;
  }
}

function regressionsOf(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ verdict }) => verdict === "regression").length;
}

function conclusion(verdicts: readonly Verdict[], timesAdvisory: string | null): string {
  const bad = regressionsOf(verdicts);
  const advice = timesAdvisory === null ? "" : `times do not count here: ${timesAdvisory}\n`;
  return `${advice}${bad === 0 ? "no regression" : `${counted(bad, "regression")}`} in ${counted(verdicts.length, "value")}`;
}
