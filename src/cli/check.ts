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
import { type CheckConfig, resolveCheckConfig } from "../check/config.js";
import type { Apparatus } from "../check/observe.js";
import { annotations, junitText, verdictTable } from "../check/reports.js";
import type { Verdict } from "../check/verdicts.js";
import { createEngine } from "../engines/create-engine.js";
import { RpBenchError } from "../errors.js";
import { loadMultiplyAddLoop } from "../kernels/native.js";
import { requireWritable, writeFileAtomically } from "../output/files.js";
import { type DatasetFacts, datasetFacts } from "../output/manifest.js";
import { formatTable } from "../output/table.js";
import { prepareDataset } from "../training/prepare.js";
import { counted } from "./console.js";
import { withInterrupt } from "./interrupt.js";
import type { SetExitCode } from "./program.js";

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
    .description("find regressions: compare losses and step times with a baseline")
    .option("--baseline <folder>", "where baseline.json is (default: the one that comes with the program)")
    .option("--config <file>", "what to run (default: configs/ci.json)")
    .option("--update-baseline", "write a new baseline and show the difference")
    .option("--junit <file>", "write the verdicts as JUnit XML, too")
    .option("--data-dir <folder>", "where datasets are, before all other places")
    .option("--json", "print the verdicts as JSON")
    .option("--quiet", "print no progress")
    .option("--verbose", "print the stack of an error")
    .action(async (options: CheckOptions) => setExitCode(await check(options)));
}

async function check(options: CheckOptions): Promise<number> {
  const { quiet, json, junit, dataDir, updateBaseline } = options;
  const note = (text: string) => {
    if (!quiet) process.stderr.write(`${text}\n`);
  };
  const warn = (text: string) => process.stderr.write(`rp-bench: warning: ${text}\n`);
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
  // What is wrong with a baseline, or where it is to go, is known before the runs.
  const before = updateBaseline
    ? oldBaseline(folder, config, facts, note)
    : readBaseline(folder, config, facts);
  if (updateBaseline) prepareFolder(folder);
  const multiplyAdd = loadMultiplyAddLoop();
  const engine = (threads?: number) => createEngine("native", { threads });

  return withInterrupt(async (signal) => {
    const apparatus: Apparatus = { splits, engine, multiplyAdd, signal, note };
    if (updateBaseline || !before) {
      const { baseline, observations } = await makeBaseline(config, facts, apparatus);
      const path = writeBaseline(folder, baseline);
      const verdicts = before && compareBaselines(config, before, observations);
      if (json) print({ baseline: path, verdicts });
      else process.stdout.write(`${verdicts ? `${formatTable(verdictTable(verdicts))}\n\n` : ""}${path}\n`);
      return 0;
    }
    const { verdicts, timesAdvisory } = await checkAgainst(before, config, apparatus);
    const bad = verdicts.filter(({ verdict }) => verdict === "regression").length;
    const marks = process.env.GITHUB_ACTIONS === "true" ? annotations(verdicts) : [];
    if (json) print({ baseline: baselinePath(folder), regressions: bad, timesAdvisory, verdicts });
    else
      process.stdout.write(
        `${formatTable(verdictTable(verdicts))}\n\n${conclusion(verdicts, timesAdvisory)}\n`,
      );
    if (junit !== undefined) writeFileAtomically(junit, junitText(verdicts));
    for (const mark of marks) (json ? process.stderr : process.stdout).write(`${mark}\n`);
    return bad > 0 ? 1 : 0;
  });
}

/** The baseline that a new one replaces; null where there is none that it can be compared with, which is told. */
function oldBaseline(
  folder: string,
  config: CheckConfig,
  facts: DatasetFacts,
  note: (text: string) => void,
): Baseline | null {
  try {
    return readBaseline(folder, config, facts);
  } catch (error) {
    if (!(error instanceof RpBenchError)) throw error;
    if (error.code !== "RESULTS_ABSENT") note(`not compared with the old baseline: ${error.message}`);
    return null;
  }
}

function conclusion(verdicts: readonly Verdict[], timesAdvisory: string | null): string {
  const bad = verdicts.filter(({ verdict }) => verdict === "regression").length;
  const note = timesAdvisory === null ? "" : `times do not count here: ${timesAdvisory}\n`;
  return `${note}${bad === 0 ? "no regression" : `${counted(bad, "regression")}`} in ${counted(verdicts.length, "value")}`;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
