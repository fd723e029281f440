// One benchmark: a configuration's optimizers, trained one after the other on the same initialization and batches.

import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { OptimizerEntry, RunConfig } from "../config/schema.js";
import { type Dataset, loadDataset } from "../data/load.js";
import { type Splits, splitDataset } from "../data/splits.js";
import { chooseEngine, createEngine } from "../engines/create-engine.js";
import type { Engine, EngineDescription } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import { initialParameters } from "../model/initialization.js";
import { settingsText } from "../optimizers/settings.js";
import { jsonText, writeFileAtomically } from "../output/files.js";
import { createManifest } from "../output/manifest.js";
import { ResultFolder } from "../output/result-folder.js";
import { RunLog } from "../output/run-log.js";
import type { RunIdentity } from "../output/run-name.js";
import type { RunRecord } from "../output/run-record.js";
import { safetensors } from "../output/safetensors.js";
import { type SummaryRow, summarize, summaryText } from "../output/summary.js";
import { type LogRow, type TrainingResult, train } from "./train.js";

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
  const dataset = await loadDataset(config.dataset, { dataDir });
  warnOfData(dataset, dataDir, reporter);
  checkSizes(config, dataset);
  const splits = splitDataset(dataset, config.trainLimit);
  const engine = await selectEngine(config, reporter);
  const { threads } = engine.description;
  if (threads > availableParallelism()) {
    reporter.warn(`${threads} threads on ${availableParallelism()} cores: they will wait for each other`);
  }
  const folder = ResultFolder.open(path, createManifest("run", config, dataset, engine.description));
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
  return { summary: summaryOf(config, folder), interrupted, engine: engine.description };
}

/** Every run that has a record, in the order of the configuration. */
function summaryOf(config: RunConfig, folder: ResultFolder): SummaryRow[] {
  return config.optimizers.flatMap((entry) => {
    const run = folder.read(identityOf(config, entry));
    return run ? [summarize(run.record, run.rows, config.targetLoss)] : [];
  });
}

function identityOf({ dataset, seed }: RunConfig, { label, learningRate }: OptimizerEntry): RunIdentity {
  return { dataset, label, learningRate, seed };
}

/** Nothing about the data is silent: another place than the one named, other files than the known ones. */
function warnOfData(
  { entry, verified, location }: Dataset,
  dataDir: string | undefined,
  reporter: Reporter,
): void {
  const named = dataDir ? ["--data-dir", dataDir] : ["RP_BENCH_DATA", process.env.RP_BENCH_DATA];
  if (named[1] && location.origin !== named[0]) {
    reporter.warn(
      `${named[0]} ${named[1]} has no whole ${entry.name}; using ${location.folder} (${location.origin})`,
    );
  }
  if (verified) return;
  reporter.warn(`these files of ${entry.title} are not the known ones; manifest, summary and figures say so`);
}

function checkSizes({ trainLimit, batchSize }: RunConfig, dataset: Dataset): void {
  const { name } = dataset.entry;
  if (trainLimit !== null && trainLimit > dataset.train.count) {
    const message = `trainLimit (--train-limit): ${name} has ${dataset.train.count} training images, got ${trainLimit}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const { count } = splitDataset(dataset, trainLimit).train;
  if (batchSize > count) {
    const message = `batchSize (--batch-size): must be at most ${count}, the images ${name} trains on here, got ${batchSize}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
}

async function selectEngine(config: RunConfig, reporter: Reporter): Promise<Engine> {
  const options = { threads: config.threads ?? undefined };
  if (config.engine !== "auto") return createEngine(config.engine, options);
  const { engine, fallback } = await chooseEngine(options);
  if (fallback) {
    reporter.warn(`${fallback.message}. Going on with the reference kernels, some 100 times slower`);
  }
  return engine;
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
  const { label: _, ...optimizer } = entry;
  const { seed, batchSize, layerSizes, activation } = config;
  const identity = identityOf(config, entry);
  const earlier = folder.finished(identity, config.saveParameters);
  if (earlier) {
    reporter.runEnd(earlier, true);
    return earlier;
  }
  // A record speaks of the log beside it, so the old one goes before the log is written anew.
  rmSync(folder.recordPath(identity), { force: true });
  reporter.runStart(entry, Math.floor(splits.train.count / batchSize) * config.epochs);

  const log = new RunLog(folder.logPath(identity));
  let outcome: TrainingResult;
  try {
    const parameters = initialParameters(layerSizes, seed);
    const session = await engine.createSession({
      layerSizes,
      activation,
      optimizer,
      parameters,
      batchSize,
      seed,
    });
    try {
      outcome = await train({
        ...{ session, splits, batchSize, seed, signal },
        epochs: config.epochs,
        evalEvery: config.evalEvery,
        onRow: (row) => {
          log.write(row);
          reporter.row(row);
        },
        onStep: (step, loss) => reporter.step(step, loss),
      });
      if (config.saveParameters && outcome.status === "done") {
        const metadata = { layer_sizes: layerSizes.join(","), activation, optimizer: JSON.stringify(entry) };
        const tensors = safetensors(Float32Array.from(session.parameters()), layerSizes, metadata);
        writeFileAtomically(folder.parametersPath(identity), tensors);
      }
    } finally {
      session.dispose();
    }
  } catch (error) {
    if (error instanceof RpBenchError && error.code === "WRITE_FAILED") throw error;
    outcome = neverStarted(error);
  } finally {
    log.close();
  }
  const { error, ...recorded } = outcome;
  const record: RunRecord = {
    ...identity,
    datasetTitle,
    optimizer: optimizer.name,
    settings: settingsText(optimizer),
    role: "final",
    ...recorded,
    engine: engine.description,
  };
  writeFileAtomically(folder.recordPath(identity), jsonText(record));
  reporter.runEnd(record, false, error);
  return record;
}

/** A session could not be made. */
function neverStarted(error: unknown): TrainingResult {
  return {
    ...{ status: "failed", reason: messageOf(error), error },
    ...{ step: 0, lastFiniteLoss: null, trainingSeconds: 0, medianStepMilliseconds: null },
  };
}
