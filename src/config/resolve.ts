// From flags, a configuration file and the dataset's preset to one complete configuration. Flags win over the file;
// without a file the preset of the dataset (configs/<dataset>.json) is the file.

import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { CATALOGUE, DATASET_NAMES, type DatasetName, imageSizeOf } from "../data/catalogue.js";
import { requireHeeded } from "../engines/create-engine.js";
import { RpBenchError } from "../errors.js";
import { type Loss, lossSchema } from "../model/objective.js";
import { parseWith } from "../validation.js";
import { nameOfEntry } from "./entry-names.js";
import { configPath, type Raw, readConfig } from "./files.js";
import { type RunFlags, selectOptimizers } from "./optimizer-flags.js";
import { preset, presetOptimizers, requireWarmup, stepsOf, tunedOptimizers, withinSteps } from "./presets.js";
import { type RunConfig, runConfigSchema } from "./schema.js";

export { configPath, packagedConfig, type Raw, readConfig, withModulesLocated } from "./files.js";
export type { RunFlags } from "./optimizer-flags.js";

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
  const within = (entry: Raw) => withinSteps(entry, steps);
  const configured = named?.optimizers ?? presetOptimizers(dataset, loss)?.map(within);
  const tuned = flags.optimizer ? tunedOptimizers(dataset, loss).map(within) : [];
  merged.optimizers = selectOptimizers(flags, configured, tuned);
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
  if (flags.length === 0) return null;
  const tuned = tunedOptimizers(dataset, loss);
  const taken = config.optimizers.filter(
    ({ name, learningRate }) =>
      !lr?.includes(learningRate) &&
      tuned.some((entry) => entry.name === name && entry.learningRate === learningRate),
  );
  if (taken.length === 0) return null;
  const whose = taken.map(nameOfEntry).join(", ");
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
