import { z } from "zod";
import { DATASET_NAMES } from "../data/catalogue.js";
import { activationSchema } from "../model/architecture.js";
import type { CurvatureBound, Loss } from "../model/objective.js";
import { curvatureBoundSchema, lossSchema } from "../model/objective.js";
import { learningRateSchema } from "../optimizers/options.js";
import { entrySchemaWith, labelled, labelsAreUnique, runConfigSchema, wholeNumber } from "./schema.js";
import { combinationsAreSettings, searchSchema } from "./study-search.js";

/** What a study shares with a single run. */
const run = runConfigSchema.shape;

/** The first grid of a search; the search extends and refines it. */
const gridSchema = z
  .array(learningRateSchema, "must be a list of rates")
  .min(1, "must hold at least one rate")
  .refine((rates) => new Set(rates).size === rates.length, "must not hold a rate twice");

/** Where nothing is known of an optimizer's rates, the search begins where Adam's does. */
const grid = { learningRates: gridSchema, search: searchSchema };
const entrySchema = entrySchemaWith(grid, grid, {
  learningRates: gridSchema.default([0.000316, 0.001, 0.00316]),
  search: searchSchema,
})
  .superRefine(combinationsAreSettings)
  .transform(labelled);

const epochs = wholeNumber(1, 1_000_000);

const problemShape = {
  name: z.enum(DATASET_NAMES, { error: `must be one of ${DATASET_NAMES.join(", ")}` }),
  /** Names the problem's files; by default the dataset's name and what is not as by default. */
  problem: z
    .string("must be a text")
    .regex(/^[a-z0-9-]+$/, "must be of the characters a-z, 0-9 and -")
    .max(60, "must have at most 60 characters")
    .optional(),
  /** What figures and tables call it; by default the dataset's title and what is not as by default. */
  title: z.string("must be a text").min(1, "must not be empty").optional(),
  /** Units, input to output; by default the image size, 256, 64, 256, the image size. */
  layerSizes: run.layerSizes,
  /** These six are the study's where they are left out. */
  loss: lossSchema.optional(),
  curvatureBound: curvatureBoundSchema.optional(),
  activation: activationSchema.optional(),
  trainLimit: wholeNumber(2).nullable().optional(),
  epochs: epochs.optional(),
  evalEvery: wholeNumber(1).nullable().optional(),
  /** Epochs of every tuning run, the same for all optimizers. */
  tuningEpochs: epochs.default(3),
  /** Fresh seeds of the final runs: seed, seed + 1, … */
  finalSeeds: wholeNumber(1, 1000).default(5),
};
const problemSchema = z.strictObject(problemShape, {
  error: ({ code }) => (code === "invalid_type" ? 'must be an object, { "name": … }' : undefined),
});

/** A configuration file of `rp-bench sweep`; what is left out has a default. */
export const studyConfigSchema = z.strictObject({
  /** For editors. */
  $schema: z.string().optional(),
  datasets: z.array(problemSchema, "must be a list of datasets").min(1, "must name at least one dataset"),
  loss: run.loss,
  curvatureBound: run.curvatureBound,
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
  /** Rates tried for one optimizer on one problem with the same settings. */
  mostRates: wholeNumber(1, 100).default(12),
  /** Tuning runs of one optimizer on one problem: rates × settings × seeds; null: mostRates × tuningSeeds. */
  mostTrials: wholeNumber(1, 1_000_000).nullable().default(null),
  engine: run.engine,
  backend: run.backend,
  tensorMegabytes: run.tensorMegabytes,
  optimizers: z
    .array(entrySchema, "must be a list of optimizers")
    .min(1, "must name at least one optimizer")
    .superRefine(labelsAreUnique),
});

export type ParsedStudy = z.output<typeof studyConfigSchema>;
export type StudyEntry = ParsedStudy["optimizers"][number];
export type StudyProblem = Omit<ParsedStudy["datasets"][number], "layerSizes"> & {
  problem: string;
  layerSizes: readonly number[];
  loss: Loss;
  curvatureBound: CurvatureBound;
  activation: z.output<typeof activationSchema>;
  trainLimit: number | null;
  epochs: number;
  evalEvery: number | null;
};
export type StudyConfig = Omit<ParsedStudy, "datasets" | "mostTrials" | "$schema"> & {
  datasets: StudyProblem[];
  mostTrials: number;
};
