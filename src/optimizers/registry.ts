import { z } from "zod";
import { adamSchema, createAdam } from "./adam.js";
import type { Optimizer, StateFactory } from "./optimizer.js";
import { createRp, rpSchema } from "./rp.js";
import { createSgd, sgdSchema } from "./sgd.js";

export const OPTIMIZER_NAMES = ["rp", "adam", "sgd"] as const;
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

/** What figures and tables call them. */
export const OPTIMIZER_TITLES: Record<OptimizerName, string> = { rp: "RP", adam: "Adam", sgd: "SGD" };

/** "Adam", or the label where it is not the optimizer's own name. */
export function titleOfLabel(label: string, optimizer: string): string {
  const named = OPTIMIZER_NAMES.find((name) => name === label && name === optimizer);
  return named ? OPTIMIZER_TITLES[named] : label;
}

export const optimizerSchema = z.discriminatedUnion("name", [rpSchema, adamSchema, sgdSchema], {
  error: `must be one of ${OPTIMIZER_NAMES.join(", ")}`,
});
/** An optimizer and its settings as a user gives them; what is left out has a default. */
export type OptimizerOptions = z.input<typeof optimizerSchema>;
/** The same with every setting present. */
export type ResolvedOptimizer = z.output<typeof optimizerSchema>;

export function createOptimizer(options: ResolvedOptimizer, state: StateFactory): Optimizer {
  switch (options.name) {
    case "rp":
      return createRp(options, state);
    case "adam":
      return createAdam(options, state);
    case "sgd":
      return createSgd(options, state);
  }
}
