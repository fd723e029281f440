// What can stand where on a command line, taken from the commands' own definitions.

import type { Command, Option } from "commander";
import { presetOptimizers } from "../../config/presets.js";
import { STUDIES } from "../../config/study-resolve.js";
import { DATASET_NAMES } from "../../data/catalogue.js";
import { ENGINE_NAMES } from "../../engines/engine.js";
import { BACKEND_NAMES } from "../../engines/tfjs/options.js";
import { ACTIVATIONS } from "../../model/architecture.js";
import { CURVATURE_BOUNDS, LOSSES } from "../../model/objective.js";
import { OPTIMIZER_NAMES } from "../../optimizers/registry.js";
import { DEMONSTRATIONS } from "../demo.js";
import { pathOf } from "../exit-codes.js";

/** What may be typed at one place; without words and paths it is something that nobody can foresee, as a number. */
export interface Values {
  words: readonly string[];
  paths: "none" | "files" | "folders";
}

export interface OptionSpec {
  /** "-h", "--help" */
  flags: string[];
  help: string;
  /** null of a flag that takes none. */
  values: Values | null;
}

export interface CommandSpec {
  /** As it is typed: "data fetch". */
  path: string;
  summary: string;
  /** Names of the commands below it, each a spec of its own. */
  below: string[];
  options: OptionSpec[];
  /** By position; the last one counts for all that follow where it may be repeated. */
  arguments: Values[];
  repeats: boolean;
}

const NOTHING: Values = { words: [], paths: "none" };

/** Names that the definitions have in their help texts alone, as errors about them are the configuration's. */
function wordsOfOptions(): Readonly<Record<string, readonly string[]>> {
  return {
    "--dataset": DATASET_NAMES,
    "--optimizer": [...OPTIMIZER_NAMES, ...tunedLabels()],
    "--engine": ["auto", ...ENGINE_NAMES],
    "--backend": ["auto", ...BACKEND_NAMES],
    "--activation": ACTIVATIONS,
    "--loss": LOSSES,
    "--curvature-bound": CURVATURE_BOUNDS,
    "run --config": DATASET_NAMES,
  };
}

/** rp-fast, and whatever else comes tuned under a name of its own. */
function tunedLabels(): string[] {
  const entries = DATASET_NAMES.flatMap((name) => presetOptimizers(name, "mse") ?? []);
  return [...new Set(entries.flatMap(({ label }) => (typeof label === "string" ? label : [])))];
}

export function specsOf(program: Command): CommandSpec[] {
  const words = wordsOfOptions();
  const named: Readonly<Record<string, readonly string[]>> = {
    "sweep config": STUDIES,
    "help command": program.commands.map((command) => command.name()),
    ...Object.fromEntries(
      ["fetch", "verify", "import", "show"].map((name) => [`data ${name} name`, DATASET_NAMES]),
    ),
    "demo name": DEMONSTRATIONS,
  };
  const specOf = (command: Command): CommandSpec => {
    const path = pathOf(command);
    const own = command.registeredArguments;
    return {
      ...{ path, summary: command.summary(), below: command.commands.map((one) => one.name()) },
      options: [...command.createHelp().visibleOptions(command)].map((option) => ({
        flags: [option.short, option.long].flatMap((flag) => flag ?? []),
        help: firstSentence(option.description),
        values: valuesOf(option, words[`${path} ${option.long}`] ?? words[option.long ?? ""] ?? []),
      })),
      arguments: own.map((argument) => ({
        words: argument.argChoices ?? named[`${path} ${argument.name()}`] ?? [],
        paths: pathsOf(argument.name()),
      })),
      repeats: own.at(-1)?.variadic ?? false,
    };
  };
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  return all(program).map(specOf);
}

function valuesOf(option: Option, words: readonly string[]): Values | null {
  if (!option.required && !option.optional) return null;
  const [, placeholder = ""] = /<(.*)>/.exec(option.flags) ?? [];
  const isModule = option.long === "--optimizer";
  const paths = isModule || option.long === "--config" ? "files" : pathsOf(placeholder);
  const known = option.argChoices ?? words;
  return known.length === 0 && paths === "none" ? NOTHING : { words: known, paths };
}

/** By what definitions call it. */
function pathsOf(name: string): Values["paths"] {
  if (["folder", "folders", "a", "b"].includes(name)) return "folders";
  return ["file", "path", "run", "config"].includes(name) ? "files" : "none";
}

function firstSentence(help: string): string {
  return /^.*?[.;:](?= |$)/s.exec(help)?.[0].replace(/[;:]$/, ".") ?? help;
}
