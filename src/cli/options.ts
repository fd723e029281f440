import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { FLAGS } from "../config/resolve.js";
import { DATASET_NAMES } from "../data/catalogue.js";
import { ENGINE_NAMES } from "../engines/engine.js";
import { BACKEND_NAMES } from "../engines/tfjs/options.js";
import { RpBenchError } from "../errors.js";
import { AUTO, type LearningRate } from "../optimizers/options.js";
import { OPTIMIZER_NAMES } from "../optimizers/registry.js";

/**
 * Help of options that several commands have: whole sentences, then the default in parentheses, which commander cannot
 * know, for a flag that is not given must not overrule a configuration file.
 */
export const DATASET_HELP = `Train on this dataset: ${listOf(DATASET_NAMES)}. (default: mnist)`;
export const DATA_DIR_HELP = "Look for datasets in this folder before all other places.";
export const OPTIMIZER_HELP =
  `Train with this optimizer: ${OPTIMIZER_NAMES.join(", ")} or your own, the path of a module such as ./mine.mjs. ` +
  "Several are trained one after the other: give the option again, or a list such as rp,adam. Settings follow a colon, by their " +
  "names in a configuration: rp:momentum=0.9,outputs=32. rp-fast is rp with sampled curvature, an average, the safeguard, " +
  "momentum and a warm-up. (default: rp, adam, sgd, rp-fast)";
export const TRAIN_LIMIT_HELP =
  "For a quick try, use only the first <count> images of the training set; the last tenth of them is kept for validation. " +
  "(default: all images)";
export const ENGINE_HELP =
  `Compute with this engine: auto, ${listOf(ENGINE_NAMES)}. auto takes native where its kernels load, elsewhere ` +
  "wasm, the same kernels as WebAssembly. (default: auto)";
export const BACKEND_HELP =
  `Have the tfjs engine compute with this backend of TensorFlow.js: auto, ${listOf(BACKEND_NAMES)}. auto takes the ` +
  "first of them that is installed and works. (default: auto)";
export const TENSOR_MEMORY_HELP =
  "Let the tfjs engine use at most this much memory for the derivatives of the network's outputs that RP's curvature " +
  "needs. (default: what is fastest on the backend)";
export const CHECKPOINT_HELP =
  "Write a checkpoint every so many steps of a run, from which the same command goes on after it was stopped. (default: " +
  "after evaluations, as long as that takes less than a fiftieth of the time)";
export const JSON_HELP = "Print the result as JSON, for another program to read.";
export const JSON_LINES_HELP =
  "Print one JSON object in a line for every event, as it happens: the start, each evaluation, the end of each run, the end.";
export const QUIET_HELP = "Print no progress, only warnings, failures and results.";
export const VERBOSE_HELP = "Print the stack of an error, too.";

/** "a, b or c" */
function listOf(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

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

/** A learning rate, which may be computed at each step. */
export function parseRate(text: string): LearningRate {
  return text === AUTO ? text : parseNumber(text);
}

/** Of an option that a command takes one value of: a second one would silently win. */
export function once<T>(parse: (text: string) => T): (text: string, earlier: T | undefined) => T {
  return (text, earlier) => {
    if (earlier !== undefined) throw new InvalidArgumentError(`The option was given before, as ${earlier}.`);
    return parse(text);
  };
}

export function parseNumbers(text: string): number[] {
  return text.split(",").map(parseNumber);
}

export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}

export function collectNumbers(text: string, earlier: number[] = []): number[] {
  return [...earlier, ...parseNumbers(text)];
}

export function collectRate(text: string, earlier: LearningRate[] = []): LearningRate[] {
  return [...earlier, ...text.split(",").map(parseRate)];
}

/** Settings of the built-in optimizers. */
export function addOptimizerSettings(command: Command): Command {
  return command
    .option(
      "--momentum <factor>",
      "Give rp, sgd and rmsprop momentum with this factor, from 0 to below 1. (default: 0)",
      parseNumber,
    )
    .option(
      "--nesterov",
      "Use Nesterov's form of that momentum, which looks ahead along it; rp and sgd have it.",
    )
    .addOption(
      new Option(
        "--curvature <kind>",
        "Compute the curvature of rp, adahessian and sophia from every output of the network (exact), or estimate it each " +
          "time from a fresh random sample of the outputs (sampled). (default: exact)",
      ).choices(["exact", "sampled"]),
    )
    .option(
      "--outputs <count>",
      "Draw this number of outputs for that sample; the option implies --curvature sampled. (default: 32)",
      parseNumber,
    )
    .option(
      "--curvature-decay <factor>",
      "Divide by a running average of rp's curvature over the steps, in which the past has this weight, from 0, which is " +
        "no average, to below 1. (default: 0)",
      parseNumber,
    )
    .option(
      "--safeguard",
      "Divide by the curvature of the current step wherever it is above that average, so that the average never makes a " +
        "step longer. It needs --curvature-decay.",
    )
    .option(
      "--exponent <power>",
      "Divide by this power of rp's curvature: 1 is RP, 0 is gradient descent, and what is between them lies between the " +
        "two. (default: 1)",
      parseNumber,
    )
    .option(
      "--warmup-steps <count>",
      "Let the learning rate rise from near 0 to its value, in equal parts, over this number of steps at the beginning. " +
        "(default: 0)",
      parseNumber,
    );
}

export const SEED_HELP =
  "Draw the initial weights, the order of the batches and sampled outputs from this seed.";

/** What is trained, and by which engine. */
export function addTrainingSettings(command: Command): Command {
  return command
    .option(
      "--batch-size <count>",
      "Compute each step from a batch of this number of images. (default: 100)",
      parseNumber,
    )
    .option(
      "--layers <sizes>",
      "Give the layers these numbers of units, from the input to the output. The first and the last are the number of " +
        "values of an image: for MNIST, 784,128,784 has one hidden layer. " +
        "(default: the image size, 256, 64, 256, the image size)",
      parseNumbers,
    )
    .option(
      "--activation <name>",
      "Use this activation in the hidden layers: tanh, relu or sigmoid. (default: tanh)",
    )
    .option("--train-limit <count>", TRAIN_LIMIT_HELP, parseNumber)
    .option("--engine <name>", ENGINE_HELP)
    .option(
      "--threads <count>",
      "Let the native or wasm engine use this number of threads; the results do not depend on it. (default: one for each usable core)",
      parseNumber,
    );
}

/** @throws RpBenchError USAGE */
export function wholeNumber(flag: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RpBenchError("USAGE", `${flag}: must be a whole number from 1 to ${most}, got ${value}`);
}

/** What --checkpoint-every says; null where it is not given. */
export function checkpointEvery(value: number | undefined): number | null {
  return value === undefined ? null : wholeNumber("--checkpoint-every", value, 2 ** 31 - 1);
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
