import { z } from "zod";
import { adagrad } from "./adagrad.js";
import { adahessian } from "./adahessian.js";
import { adam } from "./adam.js";
import { adamw } from "./adamw.js";
import { amsgrad } from "./amsgrad.js";
import { schemasOf } from "./definition.js";
import type { Optimizer, StateFactory } from "./optimizer.js";
import { learningRateSchema, rateOrAutoSchema } from "./options.js";
import { rmsprop } from "./rmsprop.js";
import { rp } from "./rp.js";
import { sgd } from "./sgd.js";
import { sophia } from "./sophia.js";

/** In the order of legends. A new optimizer is a file here and a place in this list. */
const OPTIMIZERS = [rp, adam, sgd, adamw, amsgrad, rmsprop, adagrad, adahessian, sophia] as const;

export type OptimizerName = (typeof OPTIMIZERS)[number]["name"];
export const OPTIMIZER_NAMES: readonly OptimizerName[] = OPTIMIZERS.map(({ name }) => name);

/** "Adam", or the label where it is not the optimizer's own name. */
export function titleOfLabel(label: string, optimizer: string): string {
  return OPTIMIZERS.find(({ name }) => name === label && name === optimizer)?.title ?? label;
}

/** The options of every optimizer, each with `extra` keys, or `autoExtra` where its learning rate may be "auto". */
export function optimizerSchemas<Extra extends z.ZodRawShape, AutoExtra extends z.ZodRawShape>(
  extra: Extra,
  autoExtra: AutoExtra,
) {
  return schemasOf(OPTIMIZERS, extra, autoExtra);
}

export const optimizerSchema = z.discriminatedUnion(
  "name",
  optimizerSchemas({ learningRate: learningRateSchema }, { learningRate: rateOrAutoSchema }),
  { error: `must be one of ${OPTIMIZER_NAMES.join(", ")}` },
);
/** An optimizer and its settings as a user gives them; what is left out has a default. */
export type OptimizerOptions = z.input<typeof optimizerSchema>;
/** The same with every setting present. */
export type ResolvedOptimizer = z.output<typeof optimizerSchema>;

/** Of one optimizer, whose options are its own. */
interface Definition {
  settings: z.ZodRawShape;
  label?(options: Settings<ResolvedOptimizer>): string;
  words?(options: ResolvedOptimizer): string[];
  create(options: ResolvedOptimizer, state: StateFactory): Optimizer;
}
/** Options without the learning rate. */
export type Settings<T> = T extends unknown ? Omit<T, "learningRate"> : never;

function definitionOf(name: OptimizerName): Definition {
  return OPTIMIZERS.find((one) => one.name === name) as Definition; // the type has no other names
}

export function createOptimizer(options: ResolvedOptimizer, state: StateFactory): Optimizer {
  return definitionOf(options.name).create(options, state);
}

/** The settings that an optimizer has beside its learning rate; undefined of a name that none has. */
export function settingNames(name: string): string[] | undefined {
  const definition = OPTIMIZERS.find((one) => one.name === name);
  return definition && Object.keys(definition.settings);
}

/** The optimizers that have one of these settings. */
export function optimizersWith(settings: readonly string[]): OptimizerName[] {
  return OPTIMIZER_NAMES.filter((name) => settings.some((key) => key in definitionOf(name).settings));
}

export function defaultLabel(options: Settings<ResolvedOptimizer>): string {
  return definitionOf(options.name).label?.(options) ?? options.name;
}

/** What of an optimizer is not as by default, in words, for tables and legends: "momentum 0.9, 32 outputs". */
export function settingsText(options: ResolvedOptimizer): string {
  const { settings, words } = definitionOf(options.name);
  if (words) return words(options).join(", ");
  const defaults: Record<string, unknown> = z.object(settings).parse({});
  return Object.entries(options)
    .filter(([key, value]) => key in defaults && defaults[key] !== value)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
