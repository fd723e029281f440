import { existsSync } from "node:fs";
import { z } from "zod";
import { DATASET_NAMES } from "../data/catalogue.js";
import { readJson } from "../files/files.js";
import { parseWith } from "../validation.js";

export const RUN_STATUSES = ["done", "diverged", "failed", "timed_out", "interrupted"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

const nullableNumber = z.number().nullable();

/** How a run ended: runs/<name>.json. */
export const runRecordSchema = z.strictObject({
  dataset: z.enum(DATASET_NAMES),
  /** As figures show it: "CIFAR-10 (unverified copy)" where the files were not the known ones. */
  datasetTitle: z.string(),
  label: z.string(),
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
  /** The last batch loss that was finite. */
  lastFiniteLoss: nullableNumber,
  trainingSeconds: z.number(),
  medianStepMilliseconds: nullableNumber,
  engine: z.strictObject({ name: z.string(), instructionSet: z.string(), threads: z.number() }),
  /** Of the log beside it, which so cannot change unnoticed. */
  logSha256: z.string(),
  /** Of the safetensors file, where one was written; null also in records made before they held it. */
  parametersSha256: z.string().nullable().default(null),
});
export type RunRecord = z.output<typeof runRecordSchema>;

/** Reads a run's record; null where there is none. */
export function readRunRecord(path: string): RunRecord | null {
  if (!existsSync(path)) return null;
  return parseWith(runRecordSchema, readJson(path), (key) => `${path}: ${key}`, "DATA_CORRUPT");
}
