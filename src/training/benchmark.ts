// One benchmark: a configuration's optimizers, trained one after the other on the same initialization and batches.

import { rmSync } from "node:fs";
import { requireWarmup } from "../config/presets.js";
import type { OptimizerEntry, RunConfig } from "../config/schema.js";
import type { Dataset } from "../data/load.js";
import type { Splits } from "../data/splits.js";
import type { Engine, EngineDescription } from "../engines/engine.js";
import { jsonText, writeFileAtomically } from "../files/files.js";
import { usableCores } from "../processors.js";
import { blewUp } from "../results/divergence.js";
import { createManifest, datasetFacts } from "../results/manifest.js";
import { type LoadedRun, ResultFolder } from "../results/result-folder.js";
import type { LogRow } from "../results/run-log.js";
import type { RunIdentity } from "../results/run-name.js";
import type { RunRecord } from "../results/run-record.js";
import { type SummaryRow, summarize, summaryText } from "../results/summary.js";
import { prepareDataset, selectEngine } from "./prepare.js";
import { checkModules, trainRun } from "./run.js";

/** Told of a benchmark's progress. */
export interface Reporter {
  warn(message: string): void;
  start(info: { dataset: Dataset; splits: Splits; engine: EngineDescription; folder: string }): void;
  runStart(entry: OptimizerEntry, steps: number): void;
  step(step: number, loss: number): void;
  row(row: LogRow): void;
  /** `kept`: finished by an earlier command in the same folder; `error`: what a failed run failed with. */
  runEnd(record: RunRecord, kept: boolean, error?: unknown): void;
  /** Nothing more comes, whatever happened. */
  stop(): void;
}

export interface BenchmarkOptions {
  signal: AbortSignal;
  reporter: Reporter;
  /** Where datasets are looked for first. */
  dataDir?: string | undefined;
}

export interface BenchmarkResult {
  summary: SummaryRow[];
  /** Labels of runs that are done, but whose loss blew up so late that the rule did not find it. */
  blewUp: string[];
  interrupted: boolean;
  engine: EngineDescription;
}

/**
 * Trains what a folder still lacks of a configuration. Everything is checked before the folder is touched.
 *
 * @throws RpBenchError for what concerns all runs; a run that fails by itself has that as its status
 */
export async function runBenchmark(
  config: RunConfig,
  path: string,
  { signal, reporter, dataDir }: BenchmarkOptions,
): Promise<BenchmarkResult> {
  const warn = (message: string) => reporter.warn(message);
  await checkModules(config.optimizers, config);
  const { dataset, splits } = await prepareDataset(config.dataset, config, { dataDir, warn });
  requireWarmup(config.optimizers, stepsOf(config, splits)); // files other than the known ones may have fewer images
  const { backend, tensorMegabytes } = config;
  const engineOptions = { threads: config.threads ?? undefined, backend, tensorMegabytes };
  const engine = await selectEngine(config.engine, engineOptions, warn);
  const { threads } = engine.description;
  if (threads > usableCores()) {
    reporter.warn(`${threads} threads on ${usableCores()} usable cores: they will wait for each other`);
  }
  const folder = ResultFolder.open(path, createManifest("run", config, [datasetFacts(dataset)], engine));
  reporter.start({ dataset, splits, engine: engine.description, folder: path });

  let interrupted = false;
  try {
    for (const entry of config.optimizers) {
      interrupted ||= signal.aborted;
      if (interrupted) break;
      const record = await runOnce(config, entry, engine, splits, dataset.title, folder, signal, reporter);
      interrupted = record.status === "interrupted";
      writeFileAtomically(folder.summaryPath, summaryText(summaryOf(config, folder)));
    }
  } finally {
    reporter.stop();
    folder.close();
  }
  const lost = recorded(config, folder).filter(
    ({ record, rows }) => record.status === "done" && blewUp(rows),
  );
  return {
    ...{ summary: summaryOf(config, folder), blewUp: lost.map(({ record }) => record.label) },
    ...{ interrupted, engine: engine.description },
  };
}

function stepsOf({ batchSize, epochs }: RunConfig, { train }: Splits): number {
  return Math.floor(train.count / batchSize) * epochs;
}

/** Every run that has a record, in the order of the configuration. */
function recorded(config: RunConfig, folder: ResultFolder): LoadedRun[] {
  return config.optimizers.flatMap((entry) => folder.read(identityOf(config, entry)) ?? []);
}

function summaryOf(config: RunConfig, folder: ResultFolder): SummaryRow[] {
  return recorded(config, folder).map(({ record, rows }) => summarize(record, rows, config.targetLoss));
}

function identityOf({ dataset, seed }: RunConfig, { label, learningRate }: OptimizerEntry): RunIdentity {
  return { dataset, label, learningRate, seed };
}

async function runOnce(
  config: RunConfig,
  entry: OptimizerEntry,
  engine: Engine,
  splits: Splits,
  datasetTitle: string,
  folder: ResultFolder,
  signal: AbortSignal,
  reporter: Reporter,
): Promise<RunRecord> {
  const identity = identityOf(config, entry);
  const earlier = folder.finished(identity, config.saveParameters)?.record;
  if (earlier) {
    reporter.runEnd(earlier, true);
    return earlier;
  }
  // A record speaks of the log beside it, so the old one goes before the log is written anew.
  rmSync(folder.recordPath(identity), { force: true });
  reporter.runStart(entry, stepsOf(config, splits));
  const { record, error, parameters } = await trainRun(
    { ...config, entry, role: "final", datasetTitle, logPath: folder.logPath(identity) },
    {
      engine,
      splits,
      signal,
      onRow: (row) => reporter.row(row),
      onStep: (step, loss) => reporter.step(step, loss),
    },
  );
  if (parameters) writeFileAtomically(folder.parametersPath(identity), parameters);
  writeFileAtomically(folder.recordPath(identity), jsonText(record));
  reporter.runEnd(record, false, error);
  return record;
}
