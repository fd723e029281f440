import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { nameOfStudyEntry } from "../config/study-names.js";
import { resolveStudyConfig, studyConfigPath } from "../config/study-resolve.js";
import { usableCores } from "../processors.js";
import { reportPath, writeReport } from "../report/write-report.js";
import { runName } from "../results/run-name.js";
import { runClusterStudy } from "../sweep/cluster/cluster-study.js";
import { type Conclusion, concludeStudy } from "../sweep/conclude.js";
import { findingsTables } from "../sweep/findings.js";
import { previewStudy, type StudyPreview } from "../sweep/preview.js";
import { runStudy, type StudyResult } from "../sweep/study.js";
import { surveyStudy } from "../sweep/survey.js";
import { formatTable } from "../table.js";
import type { SignalledGuard } from "../training/run.js";
import { counted, goneText } from "./console.js";
import { addExecutorOptions, type ExecutorOptions, remoteExecutor } from "./executor-options.js";
import type { SetExitCode } from "./exit-codes.js";
import { interruptedText, withInterrupt } from "./interrupt.js";
import { sayJson, sayResult } from "./json-output.js";
import { addServeOption, type ServeOptions, tellingOfStudy, withLivePage } from "./live.js";
import {
  BACKEND_HELP,
  CHECKPOINT_HELP,
  checkpointEvery,
  DATA_DIR_HELP,
  ENGINE_HELP,
  JSON_HELP,
  JSON_LINES_HELP,
  once,
  overridesOf,
  parseNumber,
  QUIET_HELP,
  resultFolder,
  TENSOR_MEMORY_HELP,
  TRAIN_LIMIT_HELP,
  VERBOSE_HELP,
  wholeNumber,
} from "./options.js";
import { say } from "./stdout.js";
import { createStudyReporter, duration } from "./study-console.js";
import { planJson, sweepResult, withStudyLines } from "./sweep-json.js";

interface SweepOptions extends ServeOptions, ExecutorOptions {
  jobs?: number;
  timeout?: number;
  checkpointEvery?: number;
  dataDir?: string;
  reuse?: string;
  out?: string;
  dryRun?: boolean;
  json?: boolean;
  jsonLines?: boolean;
  quiet?: boolean;
  [setting: string]: unknown;
}

/** The longest that a user's optimizer may take to begin or for one step outside its runs, where no --timeout says it. */
const PATIENCE_SECONDS = 60;
/** Jobs on a machine of many cores: more would wait for each other's searches, and each holds a dataset. */
const MOST_JOBS = 16;

export function addSweepCommand(program: Command, setExitCode: SetExitCode): void {
  const command = program
    .command("sweep")
    .summary("Tune every optimizer's learning rate, train it on fresh seeds, draw figures and findings.")
    .description(
      "Makes a study: for every optimizer on every problem, which is a dataset, a loss and a network, it searches the learning rate on validation images, trains " +
        "with the chosen rate on seeds that the search did not use, and writes tables, figures and findings. A study " +
        "that was stopped goes on where it was when the same command is given with the same --out.",
    )
    .argument(
      "[config]",
      "A configuration file, or the name of a study that comes with rp-bench: paper, extensions, rivals, overfitting, readings or quick.",
      "paper",
    )
    .option(
      "--jobs <count>",
      `Make this number of runs side by side, each in its own process. (default: one for each usable core, at most ${MOST_JOBS}; of Slurm as many as it allows)`,
      parseNumber,
    )
    .option("--timeout <seconds>", "End a run that takes longer than this. (default: never)", parseNumber)
    .option("--checkpoint-every <steps>", CHECKPOINT_HELP, parseNumber)
    .option(
      "--epochs <count>",
      "Train the final runs for this number of epochs, and the runs of the search for no more. (default: what the study says)",
      parseNumber,
    )
    .option("--train-limit <count>", TRAIN_LIMIT_HELP, parseNumber)
    .option(
      "--seed <number>",
      "Train the final runs with this seed and the ones after it; the seeds of the search are 1000 higher. (default: 0)",
      once(parseNumber),
    )
    .option("--engine <name>", ENGINE_HELP)
    .option("--backend <name>", BACKEND_HELP)
    .option("--tensor-memory <MiB>", TENSOR_MEMORY_HELP, parseNumber)
    .option("--data-dir <folder>", DATA_DIR_HELP)
    .option(
      "--reuse <folder>",
      "Take finished runs over from another study, where it made them with the same data, settings and engine.",
    )
    .option("--out <folder>", "Write to this folder. (default: results/<time>-sweep-<config>)");
  addServeOption(command)
    .option("--dry-run", "Show the plan and the time that it will take, and write nothing.")
    .option("--json", JSON_HELP)
    .addOption(new Option("--json-lines", JSON_LINES_HELP).conflicts(["json", "dryRun"]))
    .option("--quiet", QUIET_HELP)
    .option("--verbose", VERBOSE_HELP)
    .action(async (config: string, options: SweepOptions) => setExitCode(await sweep(config, options)));
  addExecutorOptions(command);
}

async function sweep(nameOrPath: string, options: SweepOptions): Promise<number> {
  const path = studyConfigPath(nameOrPath);
  const config = resolveStudyConfig(path, overridesOf(options));
  const jobs = wholeNumber("--jobs", options.jobs ?? Math.min(usableCores(), MOST_JOBS), 256);
  const timeoutSeconds =
    options.timeout === undefined ? null : wholeNumber("--timeout", options.timeout, 2_000_000);
  const every = checkpointEvery(options.checkpointEvery);
  const { json, jsonLines } = options;
  const shown = createStudyReporter(options.quiet ?? false);
  const reporter = jsonLines ? withStudyLines(shown) : shown;
  const remote = remoteExecutor(options, {
    ...{ jobs: options.jobs === undefined ? null : jobs, timeoutSeconds },
    warn: (message) => reporter.warn(message),
  });
  if (!options.dryRun) await remote?.probe();
  const threads = remote ? 1 : Math.max(1, Math.floor(usableCores() / jobs));
  const folder = resultFolder(options.out, "sweep", basename(path, ".json"));
  // Tasks are at home in the same folder, or should be; an absolute path leaves no doubt.
  const dataDir = remote && options.dataDir ? resolve(options.dataDir) : options.dataDir;
  const guarded = <T>(work: (guard: SignalledGuard) => Promise<T>) =>
    withInterrupt((signal) => work({ signal, patienceSeconds: timeoutSeconds ?? PATIENCE_SECONDS }));
  const warn = (message: string) => reporter.warn(message);
  const survey = await guarded((guard) => surveyStudy(config, { threads, dataDir, guard, warn }));
  if (options.dryRun) {
    const plan = previewStudy(config, survey, folder, { jobs, reuse: options.reuse });
    if (json) sayJson(planJson(plan));
    else say(planText(plan));
    return 0;
  }
  const result = await withLivePage(options, { folder, dataDir }, (live) =>
    withInterrupt((signal) => {
      const studyOptions = {
        ...{ jobs, threads, timeoutSeconds, dataDir, reuse: options.reuse, signal },
        ...{ checkpointEvery: every, reporter: tellingOfStudy(reporter, live) },
      };
      return remote
        ? runClusterStudy(config, folder, survey, { ...studyOptions, ...remote })
        : runStudy(config, folder, survey, studyOptions);
    }),
  );
  const tables = ["summary.csv", "tuning.csv", "selection.csv", "step-times.csv", "manifest.json"];
  const answer = (files: string[], code: number, failure?: unknown) => {
    if (!json && !jsonLines) return;
    sayResult(options, sweepResult(result, survey.engine, folder, files, code, failure));
  };
  const there = () => tables.map((name) => join(folder, name)).filter(existsSync);
  if (result.interrupted) {
    answer(there(), 130);
    const drawable = result.branches.some(({ runs }) =>
      runs.some((run) => result.resultOf(run)?.rows.length),
    );
    process.stderr.write(interruptedText(folder, "goes on", drawable));
    return 130;
  }
  let conclusion: Conclusion;
  try {
    conclusion = await guarded((guard) =>
      concludeStudy(config, survey, result, { dataDir, guard, timed: result.timed ?? false }),
    );
  } catch (failure) {
    answer(there(), 1, failure);
    throw failure;
  }
  const { fields, findings, figures } = conclusion;
  // Without a figure there is no row to show. What goes wrong with the page must not cost the tables.
  const page = figures.length > 0 ? reportPath(folder) : null;
  let failure: unknown;
  if (page) {
    await writeReport([folder], page, { dataDir }).catch((error: unknown) => {
      failure = error;
    });
  }
  const pages = page && failure === undefined ? [page] : [];
  const files = [findings, ...there(), ...figures, ...pages];
  const complaints = complaintsOf(result);
  const code = failure || complaints.length > 0 ? 1 : 0;
  answer(files, code, failure);
  if (!json && !jsonLines) say(`${findingsTables(fields)}\n${files.join("\n")}\n`);
  if (failure) throw failure;
  for (const complaint of complaints) process.stderr.write(`rp-bench: ${complaint}\n`);
  return code;
}

/** One for each optimizer without a rate, and each run that failed or whose files are gone. */
function complaintsOf({ branches, resultOf, gone }: StudyResult): string[] {
  const failures = branches.flatMap(({ problem, entry, search, runs }) => [
    ...(search.chosen
      ? []
      : [`${problem.problem}: no rate of ${nameOfStudyEntry(entry)} held for every tuning seed`]),
    ...runs.flatMap((run) => {
      const record = resultOf(run)?.record;
      return record?.status === "failed" || record?.status === "timed_out"
        ? [`${runName(run)}: ${record.status} (${record.reason}); the same command tries it again`]
        : [];
    }),
  ]);
  return [...failures, ...gone.map(goneText)];
}

function planText({ folder, rows, left, jobs }: StudyPreview): string {
  const searched = rows.some(({ settings }) => settings.length > 0);
  const table = formatTable([
    [
      "problem",
      "optimizer",
      "first rates",
      ...(searched ? ["settings"] : []),
      "tuning",
      "final",
      "made",
      "left",
      "time",
    ],
    ...rows.map((row) => [
      ...[row.title, row.name, row.rates.join(" ")],
      ...(searched ? [String(Math.max(1, row.settings.length))] : []),
      ...[
        `${row.tuningSeeds} seeds × ${row.tuningEpochs} epochs`,
        `${row.finalSeeds} seeds × ${row.epochs} epochs`,
      ],
      ...[String(row.made), String(row.left), duration(row.seconds)],
    ]),
  ]);
  const total = `about ${left.runs} runs are left, ${duration(left.seconds)} with ${counted(jobs, "job")}`;
  return `${table}\n\n${total}; nothing was written to ${folder}\n`;
}
