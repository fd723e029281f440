// What a file of this folder says of its optimizer. registry.ts lists the definitions; all else that names optimizers
// (configurations, legends, the command line) is made from that list.

import { z } from "zod";
import type { Optimizer, StateFactory } from "./optimizer.js";
import type { learningRateSchema } from "./options.js";

type OptionsOf<Settings extends z.ZodRawShape> = z.output<
  z.ZodObject<{ learningRate: typeof learningRateSchema } & Settings>
>;

export interface OptimizerDefinition<Name extends string, Settings extends z.ZodRawShape> {
  /** In configurations, and the label where none is given. */
  name: Name;
  /** What figures and tables call it. */
  title: string;
  /** Options beside the learning rate, each with a default. */
  settings: Settings;
  /** What must hold between them. */
  rule?: { holds(options: OptionsOf<Settings>): boolean; complaint: { path: string[]; message: string } };
  /** The label of a variant that is better told from the others. */
  label?(options: Omit<OptionsOf<Settings>, "learningRate">): string;
  /** What is not as by default, in words; without this, names and values. */
  words?(options: OptionsOf<Settings>): string[];
  create(options: OptionsOf<Settings>, state: StateFactory): Optimizer;
}

/** Gives a definition its type. */
export function defineOptimizer<const Name extends string, Settings extends z.ZodRawShape>(
  definition: OptimizerDefinition<Name, Settings>,
): OptimizerDefinition<Name, Settings> {
  return definition;
}

/** What the options' schema is made of. */
type Options<Name extends string, Settings extends z.ZodRawShape> = Pick<
  OptimizerDefinition<Name, Settings>,
  "name" | "settings"
>;

/** Of the options of some optimizers, in order, each with more keys: its rate or rates, a label. */
export type SchemasOf<List extends readonly Options<string, z.ZodRawShape>[], Extra extends z.ZodRawShape> = {
  readonly [Index in keyof List]: List[Index] extends Options<infer Name, infer Settings>
    ? z.ZodObject<{ name: z.ZodLiteral<Name> } & Extra & Settings, z.core.$strict>
    : never;
};

export function schemasOf<
  const List extends readonly (Options<string, z.ZodRawShape> & {
    rule?: { holds(options: object): boolean; complaint: { path: string[]; message: string } };
  })[],
  Extra extends z.ZodRawShape,
>(definitions: List, extra: Extra): SchemasOf<List, Extra> {
  return definitions.map(({ name, settings, rule }) => {
    const schema = z.strictObject({ name: z.literal(name), ...extra, ...settings });
    return rule ? schema.refine((options) => rule.holds(options), rule.complaint) : schema;
  }) as unknown as SchemasOf<List, Extra>; // map forgets that it keeps the order
}
