// From flags, a configuration file and the dataset's preset to one complete configuration. Flags win over the file;
// without a file the preset of the dataset (configs/<dataset>.json) is the file.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { isModulePath, moduleAt, shownName } from "../custom/options.js";
import { CATALOGUE, DATASET_NAMES, type DatasetName, imageSizeOf } from "../data/catalogue.js";
import { requireHeeded } from "../engines/create-engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import { parseJson } from "../json.js";
import { OPTIMIZER_NAMES, optimizersWith } from "../optimizers/registry.js";
import { parseWith } from "../validation.js";
import { type RunConfig, runConfigSchema } from "./schema.js";

/** What the command line gave; keys as in the configuration, but for the optimizers. */
export interface RunFlags {
  config?: string;
  optimizer?: string[];
  lr?: number[];
  momentum?: number;
  nesterov?: boolean;
  curvature?: string;
  outputs?: number;
  curvatureDecay?: number;
  /** Everything else, by its key in the configuration. */
  overrides: Record<string, unknown>;
}

export type Raw = Record<string, unknown>;

/** The flag that sets each key of the configuration. */
export const FLAGS: Record<string, string> = {
  dataset: "--dataset",
  layerSizes: "--layers",
  activation: "--activation",
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
    const optimizers = file.optimizers ?? preset("mnist").optimizers;
    parseWith(
      runConfigSchema,
      { ...file, optimizers },
      (path) => `${source}: ${path || "the configuration"}`,
    );
  }
  const dataset = datasetOf(flags.overrides.dataset ?? file?.dataset);
  const base = file ?? preset(dataset);
  const merged: Raw = { ...base, dataset, ...flags.overrides };
  merged.optimizers = selectOptimizers(flags, base.optimizers ?? preset(dataset).optimizers, dataset);
  if (merged.optimizers === undefined) {
    const message = `${dataset} has no tuned rates; give --optimizer and --lr, or optimizers in a --config file`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const { $schema: _, ...config } = parseWith(runConfigSchema, merged, (path) => nameOf(path, flags, source));

  const name = (key: string) => nameOf(key, flags, source);
  requireHeeded(config.engine, { ...config, threads: config.threads ?? undefined }, name);
  const layerSizes = layerSizesFor(config.dataset, config.layerSizes, name("layerSizes"));
  requireOutputs(config.optimizers, config.dataset, name);
  return { ...config, layerSizes };
}

/** What to warn of where flags change the network and tuned rates stay; null where they do not. */
export function untunedNetwork({ lr, overrides }: RunFlags, config: RunConfig): string | null {
  const { dataset, layerSizes, activation } = config;
  const usual = layerSizesFor(dataset, null, "").join(",");
  const flags = [
    ...("layerSizes" in overrides && layerSizes.join(",") !== usual ? ["--layers"] : []),
    ...("activation" in overrides && activation !== "tanh" ? ["--activation"] : []),
  ];
  const tuned = (preset(dataset).optimizers ?? []) as Raw[];
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

/** A dataset that is new here may have none. */
function preset(dataset: DatasetName): Raw {
  const path = packagedConfig(dataset);
  return existsSync(path) ? readConfig(path) : {};
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
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: cannot be read (${messageOf(error)})`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: ${messageOf(error)}`, { cause: error });
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
function selectOptimizers(flags: RunFlags, configured: unknown, dataset: DatasetName): unknown {
  const { optimizer: names, lr, momentum, nesterov } = flags;
  const accelerated = { ...(momentum === undefined ? {} : { momentum }), ...(nesterov ? { nesterov } : {}) };
  const curvature = curvatureSettings(flags);
  if (!names && !lr && Object.keys({ ...accelerated, ...curvature }).length === 0) return configured;
  const known = Array.isArray(configured) ? (configured as Raw[]) : [];
  const tuned = (preset(dataset).optimizers ?? []) as Raw[];
  const named = (name: string): Raw =>
    known.find((entry) => entry.label === name) ??
    known.find((entry) => entry.name === name || (isModulePath(name) && entry.path === resolve(name))) ??
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
    if (flags.optimizer) return "--optimizer";
  }
  return source === null ? path : `${source}: ${path || "the configuration"}`;
}
