// baseline.json: what a check expects, and what it was made with.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { EngineDescription } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import { jsonText, makeFolder, unwritable, writeFileAtomically } from "../output/files.js";
import { type DatasetFacts, differenceOf, flatten, provenance } from "../output/manifest.js";
import { parseWith } from "../validation.js";
import type { CheckConfig } from "./config.js";
import type { Observations } from "./observe.js";

/** Raised when the file, or what is measured for it, changes. */
export const BASELINE_VERSION = 1;

const lossAt = z.strictObject({
  label: z.string(),
  seed: z.number(),
  step: z.number(),
  loss: z.number().positive(),
});
const schema = z.looseObject({
  baselineVersion: z.number(),
  config: z.record(z.string(), z.unknown()),
  dataset: z.looseObject({ name: z.string(), checksums: z.record(z.string(), z.string()) }),
  engine: z.looseObject({ name: z.string(), instructionSet: z.string() }),
  machine: z.looseObject({ processor: z.string() }),
  losses: z.array(lossAt),
  /** For every seed. */
  ends: z.array(lossAt),
  times: z.array(z.strictObject({ label: z.string(), over: z.string(), ratio: z.number().positive() })),
});
export type Baseline = z.output<typeof schema>;

export function baselinePath(folder: string): string {
  return join(folder, "baseline.json");
}

/**
 * @throws RpBenchError RESULTS_ABSENT where there is none; DATA_CORRUPT where it is damaged or of another version;
 * OUTPUT_CONFLICT where it was made with another configuration or other data
 */
export function readBaseline(folder: string, config: CheckConfig, dataset: DatasetFacts): Baseline {
  const path = baselinePath(folder);
  const remedy = `make one: rp-bench check --baseline ${folder} --update-baseline`;
  if (!existsSync(path)) throw new RpBenchError("RESULTS_ABSENT", `${path}: there is no baseline; ${remedy}`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new RpBenchError("DATA_CORRUPT", `${path}: not JSON (${messageOf(error)})`, { cause: error });
  }
  const { baselineVersion } = parseWith(
    z.looseObject({ baselineVersion: z.number() }),
    value,
    (key) => `${path}: ${key || "the file"}`,
    "DATA_CORRUPT",
  );
  if (baselineVersion !== BASELINE_VERSION) {
    const message = `${path}: is of version ${baselineVersion}, this program reads ${BASELINE_VERSION}; ${remedy}`;
    throw new RpBenchError("DATA_CORRUPT", message);
  }
  const baseline = parseWith(schema, value, (key) => `${path}: ${key}`, "DATA_CORRUPT");
  const made = flatten({ ...baseline.config, checksums: baseline.dataset.checksums });
  const wanted = flatten({ ...config, checksums: dataset.checksums });
  const difference = differenceOf(made, wanted);
  if (difference) {
    throw new RpBenchError("OUTPUT_CONFLICT", `${path}: is of another check: ${difference}; ${remedy}`);
  }
  return baseline;
}

/** @throws RpBenchError OUTPUT_UNWRITABLE, WRITE_FAILED */
export function writeBaseline(folder: string, baseline: Baseline): string {
  try {
    makeFolder(folder);
  } catch (error) {
    throw unwritable(folder, error);
  }
  const path = baselinePath(folder);
  writeFileAtomically(path, jsonText(baseline));
  return path;
}

/** @throws RpBenchError CONFIG_INVALID where a loss is not finite: such runs cannot be compared. */
export function createBaseline(
  config: CheckConfig,
  dataset: DatasetFacts,
  engine: EngineDescription,
  { losses, ends, times }: Observations,
): Baseline {
  const whole = (all: Observations["losses"]) =>
    all.map(({ loss, ...at }) => {
      if (loss !== null) return { ...at, loss };
      const message = `${at.label}, seed ${at.seed}: its loss is not finite at step ${at.step}; give it a lower rate`;
      throw new RpBenchError("CONFIG_INVALID", message);
    });
  return {
    baselineVersion: BASELINE_VERSION,
    ...provenance(),
    ...{
      config,
      dataset: { ...dataset },
      engine: { ...engine },
      losses: whole(losses),
      ends: whole(ends),
      times,
    },
  };
}
