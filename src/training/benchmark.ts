// One benchmark: a configuration's optimizers, trained one after the other on the same initialization and batches.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type OptimizerEntry, type RunConfig, seedsOf } from "../config/schema.js";
import { titleOfRun } from "../config/study-problems.js";
import type { Dataset } from "../data/load.js";
import type { Splits } from "../data/splits.js";
import type { Engine, EngineDescription } from "../engines/engine.js";
import { jsonText, writeFileAtomically } from "../files/files.js";
import { usableCores } from "../processors.js";
import { blewUp } from "../results/divergence.js";
import { createManifest, datasetFacts, FORMAT_VERSION, readManifest } from "../results/manifest.js";
import { type LoadedRun, ResultFolder } from "../results/result-folder.js";
import type { LogRow } from "../results/run-log.js";
import { type RunIdentity, runName } from "../results/run-name.js";
import type { RunRecord } from "../results/run-record.js";
import { type SummaryRow, summarize, summaryText } from "../results/summary.js";
import type { CheckpointOptions } from "./checkpoints.js";
import { evaluationInterval } from "./evaluation-interval.js";
import { prepareDataset, selectEngine, withinRun } from "./prepare.js";
import { checkModules, trainRun } from "./run.js";

export interface BenchmarkStart {
  dataset: Dataset;
  splits: Splits;
  engine: EngineDescription;
  folder: string;
  optimizers: readonly OptimizerEntry[];
  /** Each optimizer is trained once with each of them. */
  seeds: readonly number[];
}

/** Told of a benchmark's progress. */
export interface Reporter {
  warn(message: string): void;
  start(info: BenchmarkStart): void;
  runStart(entry: OptimizerEntry, steps: number, seed: number): void;
  /** The run that has started goes on after this step, to which an earlier command brought it with these rows. */
  resume(step: number, rows: readonly LogRow[]): void;
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
  /** Steps from one checkpoint of a run to the next; null: at evaluations, where that costs next to nothing. */
  checkpointEvery: number | null;
}

export interface BenchmarkResult {
  summary: SummaryRow[];
  /** Names of runs that are done, but whose loss blew up so late that the rule did not find it. */
  blewUp: string[];
  /** Names of runs whose files went away or changed while the command worked. */
  gone: string[];
  interrupted: boolean;
  engine: EngineDescription;
}

/** Whether a folder was made when runs were evaluated once an epoch where nothing else was asked for, and goes on so. */
function isEarlier(path: string): boolean {
  const manifest = join(path, "manifest.json");
  return existsSync(manifest) && readManifest(manifest).formatVersion < FORMAT_VERSION;
}

/**
 * Trains what a folder still lacks of a configuration. Everything is checked before the folder is touched.
 *
 * @throws RpBenchError for what concerns all runs; a run that fails by itself has that as its status
 */
export async function runBenchmark(
  asked: RunConfig,
  path: string,
  { signal, reporter, dataDir, checkpointEvery }: BenchmarkOptions,
): Promise<BenchmarkResult> {
  const warn = (message: string) => reporter.warn(message);
  const seeds = seedsOf(asked);
  await checkModules(asked.optimizers, { ...asked, seed: seeds[0] }, { signal });
  const { dataset, splits } = await prepareDataset(asked.dataset, asked, { dataDir, warn });
  const evalEvery = asked.evalEvery ?? (isEarlier(path) ? null : evaluationInterval(asked, splits));
  const config = withinRun({ ...asked, evalEvery }, stepsOf(asked, splits), warn);
  const { backend, tensorMegabytes } = config;
  const engineOptions = { threads: config.threads ?? undefined, backend, tensorMegabytes };
  const engine = await selectEngine(config.engine, engineOptions, warn);
  const title = titleOfRun(config, dataset.title);
  const { threads } = engine.description;
  if (threads > usableCores()) {
    reporter.warn(`${threads} threads on ${usableCores()} usable cores: they will wait for each other`);
  }
  const facts = datasetFacts(dataset);
  const manifest = createManifest("run", config, [facts], engine);
  const folder = await ResultFolder.open(path, manifest, { signal, onWait: warn });
  const { optimizers } = config;
  reporter.start({ dataset, splits, engine: engine.description, folder: path, optimizers, seeds });

  let interrupted = false;
  const runs = optimizers.flatMap((entry) => seeds.map((seed) => planned(config, entry, seed)));
  /** What this command made or kept, by name. It decides how the command ended, whatever becomes of the files. */
  const made = new Map<string, LoadedRun>();
  const results = () => runs.flatMap(({ identity, name }) => made.get(name) ?? folder.read(identity) ?? []);
  const summary = () => results().map(({ record, rows }) => summarize(record, rows, config.targetLoss));
  let gone: string[];
  try {
    // Seed by seed: what is interrupted has compared all optimizers at the first seeds.
    for (const run of seeds.flatMap((seed) => runs.filter(({ identity }) => identity.seed === seed))) {
      interrupted ||= signal.aborted;
      if (interrupted) break;
      const checkpoints = {
        ...{ file: folder.checkpoint(run.identity), every: checkpointEvery },
        ...{ checksums: facts.checksums, warn },
      };
      const result = await runOnce(config, run, engine, splits, title, folder, signal, reporter, checkpoints);
      made.set(run.name, result);
      interrupted = result.record.status === "interrupted";
      folder.requireOwn();
      writeFileAtomically(folder.summaryPath, summaryText(summary()));
    }
    gone = runs.flatMap(({ name }) => {
      const run = made.get(name);
      return run && !isThere(folder, run.record, config.saveParameters) ? [name] : [];
    });
  } finally {
    reporter.stop();
    folder.close();
  }
  const lost = results().filter(({ record, rows }) => record.status === "done" && blewUp(rows));
  return {
    ...{ summary: summary(), blewUp: lost.map(({ record }) => runName(record)) },
    ...{ gone, interrupted, engine: engine.description },
  };
}

/** Whether a run's files are still those that it left. */
function isThere(folder: ResultFolder, record: RunRecord, wantsParameters: boolean): boolean {
  if (folder.read(record)?.record.logSha256 !== record.logSha256) return false;
  return record.status !== "done" || !wantsParameters || existsSync(folder.parametersPath(record));
}

function stepsOf({ batchSize, epochs }: RunConfig, { train }: Splits): number {
  return Math.floor(train.count / batchSize) * epochs;
}

interface Planned {
  entry: OptimizerEntry;
  identity: RunIdentity;
  name: string;
}

function planned({ dataset }: RunConfig, entry: OptimizerEntry, seed: number): Planned {
  const { label, learningRate } = entry;
  const identity = { problem: dataset, label, variant: "", learningRate, seed };
  return { entry, identity, name: runName(identity) };
}

async function runOnce(
  config: RunConfig,
  { entry, identity }: Planned,
  engine: Engine,
  splits: Splits,
  title: string,
  folder: ResultFolder,
  signal: AbortSignal,
  reporter: Reporter,
  checkpoints: CheckpointOptions,
): Promise<LoadedRun> {
  const earlier = folder.finished(identity, config.saveParameters);
  if (earlier) {
    checkpoints.file.remove(); // left where the process ended between the record and this
    reporter.runEnd(earlier.record, true);
    return earlier;
  }
  folder.requireOwn();
  const rows: LogRow[] = [];
  // A record speaks of the log beside it, so the old one goes before the log is written anew. The log goes as well: a
  // process that lost the folder while it stood still may yet write to that file.
  folder.clear(identity);
  reporter.runStart(entry, stepsOf(config, splits), identity.seed);
  const { record, error, parameters } = await trainRun(
    {
      ...{ ...config, ...identity, title, entry, role: "final" },
      logPath: folder.logPath(identity),
    },
    {
      ...{ engine, splits, signal, checkpoints },
      onResume: (step, before) => {
        rows.push(...before);
        reporter.resume(step, before);
      },
      onRow: (row) => {
        rows.push(row);
        reporter.row(row);
      },
      onStep: (step, loss) => reporter.step(step, loss),
    },
  );
  folder.requireOwn();
  if (parameters) writeFileAtomically(folder.parametersPath(identity), parameters);
  writeFileAtomically(folder.recordPath(identity), jsonText(record));
  if (record.status !== "interrupted") checkpoints.file.remove();
  reporter.runEnd(record, false, error);
  return { record, rows, edited: false };
}
