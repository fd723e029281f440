// What --json and --json-lines print, for programs. scripts/write-schemas.js publishes it as JSON schemas in docs/schemas/.
// Keys are in camelCase, also those of what is a column of a table in a file. A new key may come with any version.

import { z } from "zod";
import { DATASET_NAMES } from "../data/catalogue.js";
import { jsonText } from "../files/files.js";
import { lossSchema } from "../model/objective.js";
import { runRecordSchema } from "./run-record.js";

const count = z.int().min(0);
const loss = z.number().nullable();
const rate = z.union([z.number(), z.literal("auto")]);
const { engine, status, role } = runRecordSchema.shape;
const exitCode = z.int().min(0);

/** Which run; `run` is its name, as its files have it. */
const identity = {
  run: z.string(),
  problem: z.string(),
  label: z.string(),
  variant: z.string(),
  learningRate: rate,
  seed: z.int(),
  role,
};

export const errorSchema = z.strictObject({
  /** Stable; the message may change. */
  code: z.string(),
  message: z.string(),
});

/** A command that ended with an error and has no result. */
const failureSchema = z.strictObject({ error: errorSchema, exitCode });

/** A line of summary.csv or tuning.csv. */
export const summarySchema = z.strictObject({
  ...identity,
  title: z.string(),
  dataset: z.enum(DATASET_NAMES),
  loss: lossSchema,
  optimizer: z.string(),
  settings: z.string(),
  status,
  step: count,
  epoch: z.number().nullable(),
  trainLoss: loss,
  validationLoss: loss,
  testLoss: loss,
  bestValidationLoss: loss,
  bestValidationStep: count.nullable(),
  lastFiniteBatchLoss: loss,
  medianStepMilliseconds: z.number().nullable(),
  trainingSeconds: z.number().nullable(),
  targetLoss: loss,
  targetStep: count.nullable(),
  targetEpoch: z.number().nullable(),
  targetSeconds: z.number().nullable(),
});

/** An optimizer over its seeds, the lowest median test loss first. */
export const standingSchema = z.strictObject({
  label: z.string(),
  optimizer: z.string(),
  learningRate: rate,
  settings: z.string(),
  seeds: count,
  /** Of these, those that ended with a loss. */
  seedsDone: count,
  medianTestLoss: loss,
  leastTestLoss: loss,
  greatestTestLoss: loss,
  /** (the best's median − this one's) / this one's; null of the best itself. */
  bestDifference: z.number().nullable(),
  /** On how many of the seeds that both have the best ended lower. */
  bestLowerSeeds: count.nullable(),
  pairedSeeds: count.nullable(),
});

const common = {
  version: z.string(),
  folder: z.string(),
  files: z.array(z.string()),
  engine,
  interrupted: z.boolean(),
  summary: z.array(summarySchema),
  /** Names of runs whose files went away or changed meanwhile. */
  gone: z.array(z.string()),
  /** What went wrong when all runs were made, as with a figure. */
  error: errorSchema.nullable(),
  exitCode,
};

export const runResultSchema = z.strictObject({
  command: z.literal("run"),
  ...common,
  figures: z.array(z.string()),
  /** The page, where one was written. */
  report: z.string().nullable(),
  ranking: z.array(standingSchema),
  /** Names of runs that are done, but whose loss blew up. */
  blewUp: z.array(z.string()),
});

/** A line of selection.csv. */
export const selectionSchema = z.strictObject({
  problem: z.string(),
  label: z.string(),
  variant: z.string(),
  learningRate: z.number(),
  stage: z.string(),
  seeds: count,
  diverged: count,
  meanBestValidationLoss: loss,
  leastBestValidationLoss: loss,
  greatestBestValidationLoss: loss,
  chosen: z.enum(["yes", "no"]),
  atEdge: z.enum(["yes", "no"]),
  reason: z.string(),
});

export const sweepResultSchema = z.strictObject({
  command: z.literal("sweep"),
  ...common,
  /** Runs of the search; those of `summary` are the final ones. */
  tuning: z.array(summarySchema),
  selection: z.array(selectionSchema),
});

/** What --dry-run shows. */
export const sweepPlanSchema = z.strictObject({
  command: z.literal("sweep"),
  version: z.string(),
  dryRun: z.literal(true),
  folder: z.string(),
  jobs: count,
  rows: z.array(
    z.strictObject({
      problem: z.string(),
      title: z.string(),
      label: z.string(),
      name: z.string(),
      rates: z.array(z.number()),
      settings: z.array(z.string()),
      tuningSeeds: count,
      tuningEpochs: count,
      finalSeeds: count,
      epochs: count,
      made: count,
      left: count,
      seconds: z.number(),
    }),
  ),
  left: z.strictObject({ runs: count, seconds: z.number() }),
  exitCode: z.literal(0),
});

const startEventSchema = z.strictObject({
  event: z.literal("start"),
  command: z.enum(["run", "sweep"]),
  version: z.string(),
  /** ISO 8601, UTC. */
  time: z.string(),
  folder: z.string(),
  engine,
  /** For people: "MNIST, cross-entropy". */
  problems: z.array(z.string()),
  /** How many runs the command consists of; null of a study, whose search decides it. */
  runs: count.nullable(),
});

/** An evaluation, as it is appended to a log. */
const rowEventSchema = z.strictObject({
  event: z.literal("row"),
  ...identity,
  epoch: z.number(),
  step: count,
  trainingSeconds: z.number(),
  trainLoss: loss,
  validationLoss: loss,
  testLoss: loss,
  /** Where the learning rate is "auto": the rates of the last update. */
  chosen: z.strictObject({ learningRate: z.number(), momentum: z.number() }).nullable(),
});

const runEndEventSchema = z.strictObject({
  event: z.literal("run-end"),
  ...runRecordSchema.shape,
  parametersSha256: z.string().nullable(),
  run: z.string(),
  /** Whether an earlier command in the same folder made it. */
  kept: z.boolean(),
});

const event = { event: z.literal("end") };

/** One line of --json-lines. */
export const lineSchema = z.union([
  startEventSchema,
  rowEventSchema,
  runEndEventSchema,
  z.strictObject({ ...event, ...runResultSchema.shape }),
  z.strictObject({ ...event, ...sweepResultSchema.shape }),
  z.strictObject({ event: z.literal("error"), ...failureSchema.shape }),
]);

export type Failure = z.output<typeof failureSchema>;
export type Summary = z.output<typeof summarySchema>;
export type Standing = z.output<typeof standingSchema>;
export type Selection = z.output<typeof selectionSchema>;
export type RunResult = z.output<typeof runResultSchema>;
export type SweepResult = z.output<typeof sweepResultSchema>;
export type SweepPlan = z.output<typeof sweepPlanSchema>;
export type Line = z.output<typeof lineSchema>;

/** By file name in docs/schemas/: what `run --json`, `sweep --json` and a line of `--json-lines` hold. */
export function outputSchemas(): Record<string, string> {
  const published = (title: string, schema: z.ZodType) =>
    jsonText({ title, ...z.toJSONSchema(schema, { io: "output" }) });
  return {
    "run.schema.json": published(
      "What rp-bench run --json prints",
      z.union([runResultSchema, failureSchema]),
    ),
    "sweep.schema.json": published(
      "What rp-bench sweep --json prints",
      z.union([sweepResultSchema, sweepPlanSchema, failureSchema]),
    ),
    "lines.schema.json": published("A line that rp-bench run or sweep prints with --json-lines", lineSchema),
  };
}
