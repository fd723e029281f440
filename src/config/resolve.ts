// From flags, a configuration file and the dataset's preset to one complete configuration. Flags win over the file;
// without a file the preset of the dataset (configs/<dataset>.json) is the file.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { isModulePath, moduleAt, shownName } from "../custom/options.js";
import { CATALOGUE, DATASET_NAMES, type DatasetName, imageSizeOf, trainCountOf } from "../data/catalogue.js";
import { trainedCount } from "../data/splits.js";
import { requireHeeded } from "../engines/create-engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import { type Loss, lossSchema } from "../model/objective.js";
import type { LearningRate } from "../optimizers/options.js";
import { OPTIMIZER_NAMES, optimizersWith } from "../optimizers/registry.js";
import { parseWith } from "../validation.js";
import { type RunConfig, runConfigSchema } from "./schema.js";

/** What the command line gave; keys as in the configuration, but for the optimizers. */
export interface RunFlags {
  config?: string;
  optimizer?: string[];
  lr?: LearningRate[];
  momentum?: number;
  nesterov?: boolean;
  curvature?: string;
  outputs?: number;
  curvatureDecay?: number;
  safeguard?: boolean;
  exponent?: number;
  warmupSteps?: number;
  /** Everything else, by its key in the configuration. */
  overrides: Record<string, unknown>;
}

export type Raw = Record<string, unknown>;

/** The flag that sets each key of the configuration. */
export const FLAGS: Record<string, string> = {
  dataset: "--dataset",
  layerSizes: "--layers",
  activation: "--activation",
  loss: "--loss",
  curvatureBound: "--curvature-bound",
  batchSize: "--batch-size",
  epochs: "--epochs",
  seed: "--seed",
  evalEvery: "--eval-every",
  trainLimit: "--train-limit",
  targetLoss: "--target",
  engine: "--engine",
  backend: "--backend",
  tensorMegabytes: "--tensor-memory",
  threads: "--threads",
  saveParameters: "--save-parameters",
};

/** @throws RpBenchError CONFIG_INVALID, naming the flag or the file's key. */
export function resolveRunConfig(flags: RunFlags): RunConfig {
  const source = flags.config === undefined ? null : configPath(flags.config, DATASET_NAMES);
  const file = source === null ? null : readConfig(source);
  if (file) {
    if ("datasets" in file) {
      throw new RpBenchError("CONFIG_INVALID", `${source}: is a study, for rp-bench sweep ${flags.config}`);
    }
    const optimizers = file.optimizers ?? preset("mnist", "mse").optimizers;
    parseWith(
      runConfigSchema,
      { ...file, optimizers },
      (path) => `${source}: ${path || "the configuration"}`,
    );
  }
  const dataset = datasetOf(flags.overrides.dataset ?? file?.dataset);
  const loss = lossOf(flags.overrides.loss ?? file?.loss);
  // A file that is a preset, or a copy of one, stands for the preset of the dataset and the loss that are asked for.
  const named =
    file && isDeepStrictEqual(file, preset(datasetOf(file.dataset), lossOf(file.loss))) ? null : file;
  const base = named ?? preset(dataset, loss);
  const merged: Raw = { ...base, dataset, ...flags.overrides };
  const steps = stepsOf(dataset, merged);
  const tuned = tunedOptimizers(dataset, loss, steps);
  merged.optimizers = selectOptimizers(flags, named?.optimizers ?? tuned, tuned);
  if (merged.optimizers === undefined) {
    const message = `${dataset} has no tuned rates; give --optimizer and --lr, or optimizers in a --config file`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const { $schema: _, ...config } = parseWith(runConfigSchema, merged, (path) => nameOf(path, flags, source));

  const name = (key: string) => nameOf(key, flags, source);
  if (config.loss === "mse" && config.curvatureBound !== "jaakkola-jordan") {
    const message = `${name("curvatureBound")}: goes with the loss cross-entropy (--loss), got ${config.curvatureBound} with mse`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  requireWarmup(config.optimizers, steps, name);
  requireHeeded(config.engine, { ...config, threads: config.threads ?? undefined }, name);
  const layerSizes = layerSizesFor(config.dataset, config.layerSizes, name("layerSizes"));
  requireOutputs(config.optimizers, config.dataset, name);
  return { ...config, layerSizes };
}

/** What to warn of where flags change the network and tuned rates stay; null where they do not. */
export function untunedNetwork({ lr, overrides }: RunFlags, config: RunConfig): string | null {
  const { dataset, layerSizes, activation, loss } = config;
  const usual = layerSizesFor(dataset, null, "").join(",");
  const flags = [
    ...("layerSizes" in overrides && layerSizes.join(",") !== usual ? ["--layers"] : []),
    ...("activation" in overrides && activation !== "tanh" ? ["--activation"] : []),
  ];
  const tuned = (preset(dataset, loss).optimizers ?? []) as Raw[];
  const taken = config.optimizers.filter(({ name, learningRate }) =>
    tuned.some((entry) => entry.name === name && entry.learningRate === learningRate),
  );
  if (lr || flags.length === 0 || taken.length === 0) return null;
  const whose = taken.map(({ label }) => label).join(", ");
  return `${flags.join(", ")}: the rates of ${whose} are tuned for ${usual} and tanh; give --lr`;
}

/** The layers of an autoencoder of a dataset's images; null: the usual ones. `name` is what a complaint calls them. */
export function layerSizesFor(
  dataset: DatasetName,
  wanted: readonly number[] | null,
  name: string,
): readonly number[] {
  const imageSize = imageSizeOf(CATALOGUE[dataset]);
  const layerSizes = wanted ?? [imageSize, 256, 64, 256, imageSize];
  if (layerSizes[0] === imageSize && layerSizes.at(-1) === imageSize) return layerSizes;
  const message = `${name}: must begin and end with ${imageSize}, the image size of ${dataset}, got ${layerSizes.join(",")}`;
  throw new RpBenchError("CONFIG_INVALID", message);
}

/** No optimizer may sample more outputs than a dataset's images have. */
export function requireOutputs(
  optimizers: readonly { name: string; curvature?: "exact" | { outputs: number } }[],
  dataset: DatasetName,
  nameOf: (key: string) => string,
  network = "the network",
): void {
  const most = imageSizeOf(CATALOGUE[dataset]);
  optimizers.forEach(({ curvature = "exact" }, index) => {
    if (curvature === "exact" || curvature.outputs <= most) return;
    const name = nameOf(`optimizers[${index}].curvature.outputs`);
    const message = `${name}: must be at most ${most}, the outputs of ${network}, got ${curvature.outputs}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  });
}

/** Checked first, for its preset is the base of everything else. */
function datasetOf(value: unknown): DatasetName {
  const schema = z.object({ dataset: z.enum(DATASET_NAMES, `must be one of ${DATASET_NAMES.join(", ")}`) });
  return parseWith(schema, { dataset: value ?? "mnist" }, () => "--dataset").dataset;
}

function lossOf(value: unknown): Loss {
  const schema = z.object({ loss: lossSchema });
  return parseWith(schema, { loss: value ?? "mse" }, () => "--loss").loss;
}

/**
 * configs/<dataset>.json has what is tuned for the squared error, configs/<dataset>-<loss>.json for another loss. A dataset
 * that is new here may have none.
 */
function preset(dataset: DatasetName, loss: Loss): Raw {
  const path = packagedConfig(loss === "mse" ? dataset : `${dataset}-${loss}`);
  return existsSync(path) ? readConfig(path) : {};
}

/** Its optimizers. In a run that is shorter than a warm-up, the rate rises to the run's end. */
function tunedOptimizers(dataset: DatasetName, loss: Loss, steps: number): Raw[] | undefined {
  const optimizers = preset(dataset, loss).optimizers as Raw[] | undefined;
  return optimizers?.map((entry) =>
    typeof entry.warmupSteps === "number" && entry.warmupSteps > steps
      ? { ...entry, warmupSteps: steps }
      : entry,
  );
}

/** Updates of a run; of settings that are not checked yet and wrong, infinitely many. */
function stepsOf(dataset: DatasetName, { batchSize = 100, epochs = 10, trainLimit }: Raw): number {
  const count = trainCountOf(CATALOGUE[dataset]);
  const limit = typeof trainLimit === "number" ? Math.min(trainLimit, count) : count;
  const steps = Math.floor(trainedCount(limit) / Number(batchSize)) * Number(epochs);
  return steps > 0 ? steps : Number.POSITIVE_INFINITY;
}

/** No rate may rise for longer than a run lasts. @throws RpBenchError CONFIG_INVALID */
export function requireWarmup(
  optimizers: readonly object[],
  steps: number,
  nameOf: (key: string) => string = (key) => key,
): void {
  optimizers.forEach((entry, index) => {
    const warmupSteps = "warmupSteps" in entry ? Number(entry.warmupSteps) : 0;
    if (warmupSteps <= steps) return;
    const name = nameOf(`optimizers[${index}].warmupSteps`);
    const message = `${name}: must be at most ${steps}, the steps of the run, got ${warmupSteps}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  });
}

/** The path of a configuration that comes with this program. */
export function packagedConfig(name: string): string {
  return fileURLToPath(new URL(`../../configs/${name}.json`, import.meta.url));
}

/** A file's path, or one of the `names` of configurations that come with this program. @throws RpBenchError CONFIG_INVALID */
export function configPath(nameOrPath: string, names: readonly string[]): string {
  const isFile = statSync(nameOrPath, { throwIfNoEntry: false })?.isFile() ?? false;
  if (isFile || !/^[a-z0-9-]+$/.test(nameOrPath)) return nameOrPath;
  const packaged = packagedConfig(nameOrPath);
  if (existsSync(packaged)) return packaged;
  const message = `${nameOrPath}: neither a file nor one of ${names.join(", ")}`;
  throw new RpBenchError("CONFIG_INVALID", message);
}

/**
 * Reads a configuration file's object; paths of optimizers' modules in it are relative to the file.
 *
 * @throws RpBenchError CONFIG_INVALID
 */
export function readConfig(path: string): Raw {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: cannot be read (${messageOf(error)})`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: not JSON (${messageOf(error)})`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: must hold one JSON object`);
  }
  return withModulesLocated(value as Raw, path, "");
}

/** Modules that an object's list of optimizers names are where its file says. */
export function withModulesLocated(value: Raw, path: string, key: string): Raw {
  const { optimizers, ...others } = value;
  if (!Array.isArray(optimizers)) return value;
  const located = optimizers.map((entry: Raw | null, index) =>
    isModulePath(entry?.name)
      ? { ...entry, ...moduleAt(entry.name, dirname(path), `${path}: ${key}optimizers[${index}].name`) }
      : entry,
  );
  return { ...others, optimizers: located };
}

/** The configuration's optimizers, or those that --optimizer names, with the rates and settings of the flags. */
function selectOptimizers(flags: RunFlags, configured: unknown, tuned: Raw[] = []): unknown {
  const { optimizer: names, lr, momentum, nesterov, safeguard, exponent, warmupSteps } = flags;
  const accelerated = { ...(momentum === undefined ? {} : { momentum }), ...(nesterov ? { nesterov } : {}) };
  const curvature = curvatureSettings(flags);
  const denominator = {
    ...(safeguard ? { safeguard } : {}),
    ...(exponent === undefined ? {} : { exponent }),
  };
  const warmup = warmupSteps === undefined ? {} : { warmupSteps };
  const settings = { ...accelerated, ...curvature, ...denominator, ...warmup };
  if (!names && !lr && Object.keys(settings).length === 0) return configured;
  const known = Array.isArray(configured) ? (configured as Raw[]) : [];
  const named = (name: string): Raw =>
    known.find((entry) => entry.label === name) ??
    known.find((entry) => entry.name === name || (isModulePath(name) && entry.path === resolve(name))) ??
    tuned.find((entry) => entry.label === name) ??
    tuned.find((entry) => entry.name === name) ??
    (isModulePath(name) ? moduleAt(name, ".", "--optimizer") : { name });
  const selected = (names ? names.map(named) : known).map((entry) => ({ ...entry }) as Raw);

  if (lr && lr.length !== selected.length) {
    const message = `--lr: give one rate for each --optimizer, in the same order; got ${lr.length} for ${selected.length}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  lr?.forEach((rate, index) => {
    selected[index].learningRate = rate;
  });
  for (const entry of selected) requireRate(entry);
  apply(accelerated, selected, "--momentum, --nesterov");
  apply(curvature, selected, "--curvature, --outputs, --curvature-decay");
  apply(denominator, selected, "--safeguard, --exponent");
  apply(warmup, selected, "--warmup-steps");
  return selected;
}

/** Only what comes with the program has tuned rates. */
function requireRate(entry: Raw): void {
  const known = entry.file !== undefined || (OPTIMIZER_NAMES as readonly unknown[]).includes(entry.name);
  if (!known || entry.learningRate !== undefined) return; // an unknown name is the schema's business
  const message = `--lr: give a learning rate, ${nameOfEntry(entry)} has no tuned one`;
  throw new RpBenchError("CONFIG_INVALID", message);
}

function nameOfEntry(entry: Raw): string {
  return shownName(entry as { name: string; file?: string });
}

/** Gives settings to the optimizers that take them. */
function apply(settings: Raw, entries: Raw[], flags: string): void {
  const keys = Object.keys(settings);
  if (keys.length === 0) return;
  const takers = optimizersWith(keys);
  const taking = entries.filter(({ name }) => (takers as unknown[]).includes(name));
  if (taking.length === 0) {
    const names = entries.map(nameOfEntry).join(", ");
    throw new RpBenchError(
      "CONFIG_INVALID",
      `${flags}: of no use to ${names}; choose ${takers.join(" or ")}`,
    );
  }
  for (const entry of taking) Object.assign(entry, settings);
}

/** Outputs sampled where --curvature sampled does not say: of 4 to 64 the fewest that showed no loss spikes. */
const DEFAULT_OUTPUTS = 32;

function curvatureSettings({ curvature, outputs, curvatureDecay }: RunFlags): Raw {
  if (curvature === "exact" && outputs !== undefined) {
    throw new RpBenchError(
      "CONFIG_INVALID",
      `--outputs: goes with --curvature sampled, got ${outputs} with exact`,
    );
  }
  const sampled = curvature === "sampled" || outputs !== undefined;
  return {
    ...(sampled ? { curvature: { outputs: outputs ?? DEFAULT_OUTPUTS } } : curvature ? { curvature } : {}),
    ...(curvatureDecay === undefined ? {} : { curvatureDecay }),
  };
}

function nameOf(path: string, flags: RunFlags, source: string | null): string {
  const [key] = path.split(/[.[]/, 1);
  if (key in flags.overrides) return FLAGS[key] ?? key;
  if (key === "optimizers") {
    if (flags.lr && path.endsWith("learningRate")) return "--lr";
    if (flags.momentum !== undefined && path.endsWith("momentum")) return "--momentum";
    if (flags.nesterov !== undefined && path.endsWith("nesterov")) return "--nesterov";
    if (flags.outputs !== undefined && path.endsWith("outputs")) return "--outputs";
    if (flags.curvatureDecay !== undefined && path.endsWith("curvatureDecay")) return "--curvature-decay";
    if (flags.safeguard && path.endsWith("safeguard")) return "--safeguard";
    if (flags.exponent !== undefined && path.endsWith("exponent")) return "--exponent";
    if (flags.warmupSteps !== undefined && path.endsWith("warmupSteps")) return "--warmup-steps";
    if (flags.optimizer) return "--optimizer";
  }
  return source === null ? path : `${source}: ${path || "the configuration"}`;
}
