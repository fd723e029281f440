import { z } from "zod";
import { DATASET_NAMES } from "../data/catalogue.js";
import { learningRateSchema } from "../optimizers/options.js";
import { entrySchemaWith, labelled, labelsAreUnique, runConfigSchema, wholeNumber } from "./schema.js";

/** What a study shares with a single run. */
const run = runConfigSchema.shape;

/** The first grid of a search; the search extends and refines it. */
const gridSchema = z
  .array(learningRateSchema, "must be a list of rates")
  .min(1, "must hold at least one rate")
  .refine((rates) => new Set(rates).size === rates.length, "must not hold a rate twice");

/** Where nothing is known of an optimizer's rates, the search begins where Adam's does. */
const grid = { learningRates: gridSchema };
const entrySchema = entrySchemaWith(grid, grid, {
  learningRates: gridSchema.default([0.000316, 0.001, 0.00316]),
}).transform(labelled);

const datasetShape = {
  name: z.enum(DATASET_NAMES, { error: `must be one of ${DATASET_NAMES.join(", ")}` }),
  /** Units, input to output; by default the image size, 256, 64, 256, the image size. */
  layerSizes: run.layerSizes,
  /** Epochs of every tuning run, the same for all optimizers. */
  tuningEpochs: wholeNumber(1, 1_000_000).default(3),
  /** Fresh seeds of the final runs: seed, seed + 1, … */
  finalSeeds: wholeNumber(1, 1000).default(5),
};
const datasetSchema = z.strictObject(datasetShape, {
  error: ({ code }) => (code === "invalid_type" ? 'must be an object, { "name": … }' : undefined),
});

/** A configuration file of `rp-bench sweep`; what is left out has a default. */
export const studyConfigSchema = z.strictObject({
  /** For editors. */
  $schema: z.string().optional(),
  datasets: z
    .array(datasetSchema, "must be a list of datasets")
    .min(1, "must name at least one dataset")
    .superRefine((entries, context) => {
      for (const [index, { name }] of entries.entries()) {
        if (entries.findIndex((entry) => entry.name === name) < index) {
          context.addIssue({ code: "custom", path: [index, "name"], message: `"${name}" is there twice` });
        }
      }
    }),
  activation: run.activation,
  batchSize: run.batchSize,
  /** Epochs of every final run. */
  epochs: run.epochs,
  /** Steps between evaluations of a final run; null: step 0 and the end of each epoch, as tuning runs have it. */
  evalEvery: run.evalEvery,
  /** Use the first so many images of each training set; null: all. */
  trainLimit: run.trainLimit,
  /** The first final seed; tuning seeds begin 1000 above. */
  seed: wholeNumber(0, 2_000_000_000).default(0),
  /** Seeds of each rate tried. */
  tuningSeeds: wholeNumber(2, 1000).default(2),
  /** Rates tried for one optimizer on one dataset. */
  mostRates: wholeNumber(1, 100).default(12),
  engine: run.engine,
  backend: run.backend,
  tensorMegabytes: run.tensorMegabytes,
  optimizers: z
    .array(entrySchema, "must be a list of optimizers")
    .min(1, "must name at least one optimizer")
    .superRefine(labelsAreUnique),
});

type Parsed = z.output<typeof studyConfigSchema>;
export type StudyEntry = Parsed["optimizers"][number];
export type StudyDataset = Omit<Parsed["datasets"][number], "layerSizes"> & { layerSizes: readonly number[] };
export type StudyConfig = Omit<Parsed, "datasets" | "$schema"> & { datasets: StudyDataset[] };
