// What a study finds before it begins: its datasets, its engine and how long a step takes.

import type { StudyConfig } from "../config/study-schema.js";
import { CATALOGUE } from "../data/catalogue.js";
import { howToGet, locateDataset } from "../data/locate.js";
import type { EngineOptions } from "../engines/create-engine.js";
import type { Engine, EngineDescription } from "../engines/engine.js";
import { tfjsOptionsSchema } from "../engines/tfjs/options.js";
import { RpBenchError } from "../errors.js";
import { createManifest, type DatasetFacts, datasetFacts, type Manifest } from "../results/manifest.js";
import { prepareDataset, selectEngine } from "../training/prepare.js";
import type { SignalledGuard } from "../training/run.js";
import { type Cost, measureCosts } from "./estimate.js";

export interface Survey {
  datasets: DatasetFacts[];
  /** With the threads of one job. */
  engine: EngineDescription;
  versions: Engine["versions"];
  costOf(problem: string, label: string): Cost | undefined;
}

/**
 * Loads every dataset once, so that all that is missing or wrong is known before anything is written.
 *
 * @throws RpBenchError DATASET_ABSENT naming every absent one, DATA_CORRUPT, CONFIG_INVALID, ENGINE_UNAVAILABLE
 */
export async function surveyStudy(
  config: StudyConfig,
  options: {
    threads: number;
    dataDir: string | undefined;
    guard: SignalledGuard;
    warn(message: string): void;
  },
): Promise<Survey> {
  const { dataDir, guard, warn } = options;
  const absent = [...new Set(config.datasets.map(({ name }) => name))]
    .map((name) => CATALOGUE[name])
    .filter((entry) => locateDataset(entry, { dataDir }) === null);
  if (absent.length > 0) {
    const each = absent.map((entry) => `${entry.name} (get it: ${howToGet(entry)})`);
    throw new RpBenchError("DATASET_ABSENT", `not here: ${each.join("; ")}`);
  }
  const { backend, tensorMegabytes } = config;
  const engineOptions =
    config.engine === "tfjs" ? { backend, tensorMegabytes } : { threads: options.threads };
  const engine = await selectEngine(config.engine, engineOptions, warn);
  const datasets = new Map<string, DatasetFacts>();
  const costs = new Map<string, Map<string, Cost>>();
  for (const problem of config.datasets) {
    const { name, trainLimit } = problem;
    const again = datasets.has(name); // and warned of already
    const sizes = { trainLimit, batchSize: config.batchSize };
    const surroundings = { dataDir, warn: again ? () => {} : warn };
    const { dataset, splits } = await prepareDataset(name, sizes, surroundings);
    datasets.set(name, datasetFacts(dataset));
    costs.set(problem.problem, await measureCosts(engine, config, problem, splits, guard));
  }
  const { description, versions } = engine;
  return {
    datasets: [...datasets.values()],
    engine: description,
    versions,
    costOf: (problem, label) => costs.get(problem)?.get(label),
  };
}

export function studyManifest(config: StudyConfig, { datasets, engine, versions }: Survey): Manifest {
  return createManifest("sweep", config, datasets, { description: engine, versions });
}

/** What makes the engine that was found once more, elsewhere: on the same backend, which is not chosen anew. */
export function sameEngineOptions(
  { engine }: Survey,
  { tensorMegabytes }: StudyConfig,
  threads?: number,
): EngineOptions {
  if (engine.name !== "tfjs") return { threads };
  return tfjsOptionsSchema.parse({ backend: engine.instructionSet, tensorMegabytes });
}
