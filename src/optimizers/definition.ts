// What a file of this folder says of its optimizer. registry.ts lists the definitions; all else that names optimizers
// (configurations, legends, the command line) is made from that list.

import { z } from "zod";
import type { Optimizer, StateFactory } from "./optimizer.js";
import type { learningRateSchema, rateOrAutoSchema } from "./options.js";

type OptionsOf<Settings extends z.ZodRawShape, Auto extends boolean> = z.output<
  z.ZodObject<
    { learningRate: Auto extends true ? typeof rateOrAutoSchema : typeof learningRateSchema } & Settings
  >
>;

/** What must hold between options; a study's have no learning rate yet. */
export interface Rule<Options> {
  holds(options: Options): boolean;
  complaint: { path: string[]; message: string };
}

export interface OptimizerDefinition<
  Name extends string,
  Settings extends z.ZodRawShape,
  Auto extends boolean = false,
> {
  /** In configurations, and the label where none is given. */
  name: Name;
  /** What figures and tables call it. */
  title: string;
  /** Whether its learning rate may be "auto". */
  auto?: Auto;
  /** Options beside the learning rate, each with a default. */
  settings: Settings;
  rules?: readonly Rule<OptionsOf<Settings, Auto>>[];
  /** The label of a variant that is better told from the others. */
  label?(options: Omit<OptionsOf<Settings, Auto>, "learningRate">): string;
  /** What is not as by default, in words; without this, names and values. */
  words?(options: OptionsOf<Settings, Auto>): string[];
  create(options: OptionsOf<Settings, Auto>, state: StateFactory): Optimizer;
}

/** Gives a definition its type. */
export function defineOptimizer<
  const Name extends string,
  Settings extends z.ZodRawShape,
  Auto extends boolean = false,
>(definition: OptimizerDefinition<Name, Settings, Auto>): OptimizerDefinition<Name, Settings, Auto> {
  return definition;
}

/** What the options' schema is made of. */
type Options<Name extends string, Settings extends z.ZodRawShape, Auto extends boolean> = Pick<
  OptimizerDefinition<Name, Settings, Auto>,
  "name" | "settings" | "auto"
>;

/** Of the options of some optimizers, in order, each with more keys: its rate or rates, a label. */
export type SchemasOf<
  List extends readonly Options<string, z.ZodRawShape, boolean>[],
  Extra extends z.ZodRawShape,
  AutoExtra extends z.ZodRawShape,
> = {
  readonly [Index in keyof List]: List[Index] extends Options<infer Name, infer Settings, infer Auto>
    ? z.ZodObject<
        { name: z.ZodLiteral<Name> } & (Auto extends true ? AutoExtra : Extra) & Settings,
        z.core.$strict
      >
    : never;
};

/** `autoExtra` are the keys of those whose learning rate may be "auto", `extra` those of the others. */
export function schemasOf<
  const List extends readonly (Options<string, z.ZodRawShape, boolean> & {
    rules?: readonly Rule<object>[];
  })[],
  Extra extends z.ZodRawShape,
  AutoExtra extends z.ZodRawShape,
>(definitions: List, extra: Extra, autoExtra: AutoExtra): SchemasOf<List, Extra, AutoExtra> {
  return definitions.map(({ name, settings, auto, rules = [] }) => {
    const shape = { name: z.literal(name), ...(auto ? autoExtra : extra), ...settings };
    return rules.reduce(
      (schema, { holds, complaint }) => schema.refine((options) => holds(options), complaint),
      z.strictObject(shape),
    );
  }) as unknown as SchemasOf<List, Extra, AutoExtra>; // map forgets that it keeps the order
}
