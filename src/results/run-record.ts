import { existsSync } from "node:fs";
import { z } from "zod";
import { DATASET_NAMES } from "../data/catalogue.js";
import { readJson } from "../files/files.js";
import { lossSchema } from "../model/objective.js";
import { parseWith } from "../validation.js";

export const RUN_STATUSES = ["done", "diverged", "failed", "timed_out", "interrupted"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

const nullableNumber = z.number().nullable();

/** How a run ended: runs/<name>.json. */
const shape = {
  problem: z.string(),
  /** As figures show it: "CIFAR-10 (unverified copy), cross-entropy" where the files were not the known ones. */
  title: z.string(),
  dataset: z.enum(DATASET_NAMES),
  loss: lossSchema,
  label: z.string(),
  /** The settings that a study's search chose, as file names have them; empty where it searched none. */
  variant: z.string(),
  /** Its name, or the file name of a user's own. */
  optimizer: z.string(),
  learningRate: z.union([z.number(), z.literal("auto")]),
  /** What of the optimizer is not as by default, in words. */
  settings: z.string(),
  seed: z.number(),
  role: z.enum(["tuning", "final"]),
  status: z.enum(RUN_STATUSES),
  /** Why it diverged or failed. */
  reason: z.string().nullable(),
  /** Steps made, or the step at which divergence was found. */
  step: z.number(),
  /** The steps at which it went on after it had been broken off; absent where nothing broke it off. */
  resumedAt: z.array(z.number()).optional(),
  /** The last batch loss that was finite. */
  lastFiniteLoss: nullableNumber,
  trainingSeconds: z.number(),
  medianStepMilliseconds: nullableNumber,
  engine: z.strictObject({ name: z.string(), instructionSet: z.string(), threads: z.number() }),
  /** Of the log beside it, which so cannot change unnoticed. */
  logSha256: z.string(),
  /** Of the safetensors file, where one was written; null also in records made before they held it. */
  parametersSha256: z.string().nullable().default(null),
  /** Where it was made, of a study whose tasks other machines make. */
  machine: z.strictObject({ host: z.string(), processor: z.string() }).optional(),
};
export const runRecordSchema = z.strictObject(shape);
export type RunRecord = z.output<typeof runRecordSchema>;

/** Of format 1, whose problems were datasets, all with the squared error. */
const { problem: _problem, title: _title, loss: _loss, variant: _variant, ...others } = shape;
const firstSchema = z
  .strictObject({ ...others, datasetTitle: z.string() })
  .transform(({ datasetTitle: title, ...record }): RunRecord => {
    return { problem: record.dataset, title, loss: "mse", variant: "", ...record };
  });

/** Reads a run's record; null where there is none. */
export function readRunRecord(path: string): RunRecord | null {
  if (!existsSync(path)) return null;
  const value = readJson(path);
  const nameOf = (key: string) => `${path}: ${key}`;
  const isFirst = typeof value === "object" && value !== null && "datasetTitle" in value;
  return isFirst
    ? parseWith(firstSchema, value, nameOf, "DATA_CORRUPT")
    : parseWith(runRecordSchema, value, nameOf, "DATA_CORRUPT");
}
