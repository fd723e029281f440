import { z } from "zod";
import { labelOfFile, type ModuleOptions, moduleShape, shownName } from "../custom/options.js";
import { DATASET_NAMES } from "../data/catalogue.js";
import { ENGINE_NAMES } from "../engines/engine.js";
import { tfjsOptionsShape } from "../engines/tfjs/options.js";
import { activationSchema, layerSizesSchema } from "../model/architecture.js";
import { curvatureBoundSchema, lossSchema } from "../model/objective.js";
import { learningRateSchema, rateOrAutoSchema } from "../optimizers/options.js";
import {
  defaultLabel,
  OPTIMIZER_NAMES,
  optimizerSchemas,
  type ResolvedOptimizer,
  type Settings,
} from "../optimizers/registry.js";

/** Of a label. */
export const MOST_LABEL_CHARACTERS = 40;

/** More would be a mistake. */
export const MOST_SEEDS = 1000;

export const wholeNumber = (least: number, most = 2 ** 31 - 1) =>
  z
    .int("must be a whole number")
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

/** Names an optimizer's files and curves; by default the optimizer's name or its module's, with m where its curvature is sampled. */
const labelShape = {
  label: z
    .string("must be a text")
    .regex(/^[a-z0-9.-]+$/, "must be of the characters a-z, 0-9, . and -")
    .max(MOST_LABEL_CHARACTERS, `must have at most ${MOST_LABEL_CHARACTERS} characters`)
    .optional(),
};

/**
 * Optimizers with their rate, or rates, as `extra`; `autoExtra` is that of those that can compute it, and `moduleExtra` that
 * of a module, which may have other defaults.
 */
export function entrySchemaWith<
  Extra extends z.ZodRawShape,
  AutoExtra extends z.ZodRawShape,
  ModuleExtra extends z.ZodRawShape,
>(extra: Extra, autoExtra: AutoExtra, moduleExtra: ModuleExtra) {
  return z.discriminatedUnion(
    "name",
    [
      ...optimizerSchemas({ ...extra, ...labelShape }, { ...autoExtra, ...labelShape }),
      z.strictObject({ ...moduleShape, ...moduleExtra, ...labelShape }),
    ],
    { error: ({ input }) => nameComplaint(Object(input).name) },
  );
}

function nameComplaint(name: unknown): string {
  return typeof name === "string" && /[./\\]/.test(name)
    ? "the path of a module must end in .js or .mjs"
    : `must be one of ${OPTIMIZER_NAMES.join(", ")}, or the path of a module, ./mine.mjs`;
}

/** Of a file that is called like one of the program's optimizers, own-adamw. */
function labelOfModule(file: string): string {
  const label = labelOfFile(file);
  return (OPTIMIZER_NAMES as readonly string[]).includes(label) ? `own-${label}` : label;
}

/** An entry with the label it has by default. */
export function labelled<
  T extends (Settings<ResolvedOptimizer> | ModuleOptions) & { label?: string | undefined },
>(entry: T): T & { label: string } {
  return {
    ...entry,
    label: entry.label ?? (entry.name === "module" ? labelOfModule(entry.file) : defaultLabel(entry)),
  };
}

const rateShape = { learningRate: learningRateSchema };
/** One optimizer of `rp-bench run`. */
export const entrySchema = entrySchemaWith(
  rateShape,
  { learningRate: rateOrAutoSchema },
  rateShape,
).transform(labelled);

/** Labels name files and curves, so no two are equal, and none misleads. */
export function labelsAreUnique(
  entries: readonly { label: string; name: string; file?: string }[],
  context: z.RefinementCtx,
): void {
  const labels = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const { label, name } = entry;
    const complain = (message: string) =>
      context.addIssue({ code: "custom", path: [index, "label"], message: `"${label}" ${message}` });
    if (labels.has(label)) complain("is used twice; in a configuration file give each entry its own label");
    if (label !== name && (OPTIMIZER_NAMES as readonly string[]).includes(label)) {
      complain(`is the name of another optimizer than ${shownName(entry)}`);
    }
    labels.add(label);
  }
}

const seedSchema = z.union(
  [
    wholeNumber(0),
    z
      .array(wholeNumber(0))
      .min(1, "must hold at least one seed")
      .max(MOST_SEEDS, `must hold at most ${MOST_SEEDS} seeds`)
      .refine((seeds) => new Set(seeds).size === seeds.length, "must not hold a seed twice"),
  ],
  {
    error: ({ input, errors }) =>
      typeof input === "number"
        ? (errors as z.core.$ZodIssue[][])[0]?.[0]?.message
        : "must be a whole number or a list of whole numbers",
  },
);

/** The seeds of a run's configuration, in its order. */
export function seedsOf({ seed }: { seed: number | readonly number[] }): readonly number[] {
  return typeof seed === "number" ? [seed] : seed;
}

/** A configuration file of `rp-bench run`; what is left out has a default. */
export const runConfigSchema = z.strictObject({
  /** For editors. */
  $schema: z.string().optional(),
  dataset: z.enum(DATASET_NAMES, { error: `must be one of ${DATASET_NAMES.join(", ")}` }).default("mnist"),
  /** Units, input to output; by default the image size, 256, 64, 256, the image size. */
  layerSizes: layerSizesSchema.nullable().default(null),
  activation: activationSchema.default("tanh"),
  /** Of every pixel; of the cross-entropy the network's outputs are logits. */
  loss: lossSchema.default("mse"),
  /** What stands for the second derivative of the cross-entropy in RP's curvature. */
  curvatureBound: curvatureBoundSchema.default("jaakkola-jordan"),
  batchSize: wholeNumber(1, 2 ** 20).default(100),
  epochs: wholeNumber(1, 1_000_000).default(10),
  /** One, or a list of several: each optimizer is then trained once with each. */
  seed: seedSchema.default(0),
  /** Steps between evaluations; null: step 0 and the end of each epoch, or more where that costs little. */
  evalEvery: wholeNumber(1).nullable().default(null),
  /** Use the first so many images of the training set; null: all. */
  trainLimit: wholeNumber(2).nullable().default(null),
  /** Report when the validation loss first reached this. */
  targetLoss: z
    .number("must be a positive number")
    .positive("must be a positive number")
    .nullable()
    .default(null),
  engine: z
    .enum(["auto", ...ENGINE_NAMES], { error: `must be one of auto, ${ENGINE_NAMES.join(", ")}` })
    .default("auto"),
  /** Of the tfjs engine. */
  ...tfjsOptionsShape,
  /** Of the native and wasm engines; null: every usable core. */
  threads: wholeNumber(1, 256).nullable().default(null),
  saveParameters: z.boolean("must be true or false").default(true),
  optimizers: z
    .array(entrySchema, "must be a list of optimizers")
    .min(1, "must name at least one optimizer")
    .superRefine(labelsAreUnique),
});

export type RunConfig = Omit<z.output<typeof runConfigSchema>, "layerSizes" | "$schema"> & {
  layerSizes: readonly number[];
};
export type OptimizerEntry = RunConfig["optimizers"][number];
