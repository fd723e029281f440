import { z } from "zod";
import { runConfigSchema, wholeNumber } from "./schema.js";

const { dataset, layerSizes, activation, loss, curvatureBound, batchSize, trainLimit, optimizers } =
  runConfigSchema.shape;
const seeds = z
  .array(wholeNumber(0), "must be a list of seeds")
  .min(1, "must hold at least one seed")
  .refine((list) => new Set(list).size === list.length, "must not hold a seed twice");

/** Another network than that of the whole configuration. */
const network = z
  .strictObject({
    /** Its losses are told under this name and their optimizer's label, as in relu/adam. */
    name: z
      .string("must be a text")
      .regex(/^[a-z0-9-]+$/, "must be of the characters a-z, 0-9 and -")
      .max(40, "must have at most 40 characters"),
    ...{ layerSizes, activation, loss, curvatureBound, batchSize, optimizers },
  })
  .refine(({ loss, curvatureBound }) => loss !== "mse" || curvatureBound === "jaakkola-jordan", {
    path: ["curvatureBound"],
    message: "goes with the loss cross-entropy",
  });

/** A configuration file of `rp-bench check`; what is left out has a default. */
export const checkConfigSchema = z.strictObject({
  /** For editors. */
  $schema: z.string().optional(),
  ...{ dataset, layerSizes, activation, batchSize, trainLimit },
  /** Short runs whose losses must be the baseline's within float32 error, at rates where rounding does not grow. */
  losses: z.strictObject({
    seeds: seeds.default([1, 2]),
    /** Updates after which the loss is looked at. */
    steps: z
      .array(wholeNumber(0, 1_000_000), "must be a list of steps")
      .min(1, "must hold at least one step")
      .default([1, 10, 50, 100]),
    optimizers,
  }),
  /** Short runs of other networks, from the first seed of `losses`, looked at after the same steps and judged alike. */
  networks: z
    .array(network, "must be a list of networks")
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
      message: "must not hold a name twice",
    })
    .default([]),
  /** Longer runs, at any rates, whose last loss must be the baseline's within its spread over seeds; null: none. */
  ends: z
    .strictObject({
      epochs: wholeNumber(1, 1_000_000).default(1),
      /** All of them make the baseline, the first one is checked. */
      seeds: seeds.default([1, 2, 3, 4, 5]),
      optimizers,
    })
    .nullable()
    .default(null),
  /** Times of a step of each optimizer of `losses`, as ratios; null: none. */
  times: z
    .strictObject({
      rounds: wholeNumber(15, 1000).default(15),
      /** A ratio may be so many times the baseline's, or that part of it. */
      factor: z.number("must be a number").gt(1, "must be above 1").default(1.4),
    })
    .nullable()
    .default(null),
});

type Resolved<T> = Omit<T, "layerSizes"> & { layerSizes: readonly number[] };
type Parsed = z.output<typeof checkConfigSchema>;
export type CheckNetwork = Resolved<Parsed["networks"][number]>;
export type CheckConfig = Resolved<Omit<Parsed, "$schema" | "networks">> & { networks: CheckNetwork[] };
