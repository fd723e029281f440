import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { FLAGS } from "../config/resolve.js";
import { DATASET_NAMES } from "../data/catalogue.js";
import { ENGINE_NAMES } from "../engines/engine.js";
import { RpBenchError } from "../errors.js";
import { OPTIMIZER_NAMES } from "../optimizers/registry.js";

export const DATASET_HELP = `${DATASET_NAMES.join(", ")} (default: mnist)`;
export const ENGINE_HELP = `auto, ${ENGINE_NAMES.join(", ")} (default: auto)`;
export const OPTIMIZER_HELP = `${OPTIMIZER_NAMES.join(", ")} or your own, ./mine.mjs; repeatable (default: rp, adam, sgd)`;

/** Help of options that several commands have. */
export const BACKEND = "of tfjs: auto, tensorflow, webgpu, wasm or cpu (default: auto)";
export const TENSOR_MEMORY =
  "of tfjs: for derivatives of outputs by hidden units in rp's curvature (default: the backend's fastest)";

/** What run and audit take beside a configuration's settings. */
export interface TrainingCommandOptions {
  out?: string;
  dataDir?: string;
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  [setting: string]: unknown;
}

/** Parsers of option values; ranges are the configuration's business. */

export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}

export function parseNumbers(text: string): number[] {
  return text.split(",").map(parseNumber);
}

export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}

export function collectNumber(text: string, earlier: number[] = []): number[] {
  return [...earlier, parseNumber(text)];
}

/** Settings of the built-in optimizers. */
export function addOptimizerSettings(command: Command): Command {
  return command
    .option("--momentum <factor>", "momentum of rp and sgd, from 0 to below 1", parseNumber)
    .option("--nesterov", "Nesterov's form of that momentum")
    .addOption(
      new Option("--curvature <kind>", "of rp: every output, or a fresh sample each step").choices([
        "exact",
        "sampled",
      ]),
    )
    .option("--outputs <count>", "outputs in that sample (default: 32)", parseNumber)
    .option("--curvature-decay <factor>", "moving average of rp's curvature, from 0 to below 1", parseNumber);
}

/** What is trained, and by which engine. */
export function addTrainingSettings(command: Command): Command {
  return command
    .option("--batch-size <count>", "images in a batch (default: 100)", parseNumber)
    .option("--seed <number>", "seed of initialization and batch order (default: 0)", parseNumber)
    .option("--layers <sizes>", "units of every layer, for example 784,256,64,256,784", parseNumbers)
    .option("--activation <name>", "tanh, relu or sigmoid (default: tanh)")
    .option("--train-limit <count>", "use the first so many training images", parseNumber)
    .option("--engine <name>", ENGINE_HELP)
    .option("--threads <count>", "threads of the native engine (default: every core)", parseNumber);
}

/** What the flags set of a configuration, by its keys. */
export function overridesOf(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(FLAGS).flatMap(([key, flag]) => {
      const value = options[optionOf(flag)];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The name commander gives an option's value: --batch-size is batchSize. */
function optionOf(flag: string): string {
  return flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The folder that --out names, or results/<time>-<command>-<what>. */
export function resultFolder(out: string | undefined, command: string, what: string): string {
  if (out === "") throw new RpBenchError("USAGE", "--out: must name a folder, got an empty text");
  if (out !== undefined) return out;
  const time = new Date().toISOString().slice(0, 19).replace(/:/g, "").replace("T", "-");
  const name = join("results", `${time}-${command}-${what}`);
  let path = name;
  for (let count = 2; existsSync(path); count++) path = `${name}-${count}`; // several within a second
  return path;
}
