// baseline.json: what a check expects, and what it was made with.

import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { CheckConfig } from "../config/check-schema.js";
import type { OptimizerEntry } from "../config/schema.js";
import type { EngineDescription } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import { jsonText, makeFolder, unwritable, writeFileAtomically } from "../files/files.js";
import { parseJson } from "../json.js";
import {
  type DatasetFacts,
  differenceOf,
  flatten,
  processorModel,
  provenance,
  withoutPath,
} from "../results/manifest.js";
import { parseWith } from "../validation.js";
import type { Observations } from "./observe.js";

/** Raised when the file, or what is measured for it, changes. */
export const BASELINE_VERSION = 1;

const versionSchema = z.looseObject({ baselineVersion: z.number() });
const lossAt = z.strictObject({
  label: z.string(),
  seed: z.number(),
  step: z.number(),
  loss: z.number().positive(),
});
/** The baseline that comes with the program. */
export const PACKAGED_BASELINE = fileURLToPath(new URL("../../configs/ci-baseline", import.meta.url));

const schema = z.looseObject({
  baselineVersion: z.number(),
  config: z.record(z.string(), z.unknown()),
  dataset: z.looseObject({ name: z.string(), checksums: z.record(z.string(), z.string()) }),
  engine: z.looseObject({ name: z.string(), instructionSet: z.string() }),
  machine: z.looseObject({ processor: z.string(), processorModel: z.string().nullable() }),
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
  const remedy =
    folder === PACKAGED_BASELINE
      ? "make one of your own: the same command with --baseline FOLDER --update-baseline"
      : "make one: the same command with --update-baseline";
  const damaged = (what: string, cause?: unknown) =>
    new RpBenchError("DATA_CORRUPT", `${path}: ${what}; ${remedy}`, { cause });
  if (!existsSync(path)) throw new RpBenchError("RESULTS_ABSENT", `${path}: there is no baseline; ${remedy}`);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw damaged(`cannot be read (${messageOf(error)})`, error);
  }
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    throw damaged(messageOf(error), error);
  }
  const nameOf = (key: string) => `${path}: ${key || "the file"}`;
  const { baselineVersion } = parseWith(versionSchema, value, nameOf, "DATA_CORRUPT");
  if (baselineVersion !== BASELINE_VERSION) {
    throw damaged(`is of version ${baselineVersion}, this program reads ${BASELINE_VERSION}`);
  }
  const baseline = parseWith(schema, value, nameOf, "DATA_CORRUPT");
  const made = flatten({ ...baseline.config, checksums: baseline.dataset.checksums });
  const wanted = flatten({ ...withoutPaths(config), checksums: dataset.checksums });
  const difference = differenceOf(made, wanted);
  if (difference) {
    throw new RpBenchError("OUTPUT_CONFLICT", `${path}: is of another check: ${difference}; ${remedy}`);
  }
  return baseline;
}

/**
 * Makes sure that a baseline can be written, before the long runs for it.
 *
 * @throws RpBenchError OUTPUT_UNWRITABLE
 */
export function prepareFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(folder, error, "--baseline");
  }
}

/** @throws RpBenchError WRITE_FAILED */
export function writeBaseline(folder: string, baseline: Baseline): string {
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
  const { machine, ...made } = provenance();
  return {
    ...{ baselineVersion: BASELINE_VERSION, ...made },
    machine: { ...machine, processorModel: processorModel() },
    ...{ config: withoutPaths(config), dataset: { ...dataset }, engine: { ...engine } },
    ...{ losses: whole(losses), ends: whole(ends), times },
  };
}

/** A configuration as it is written, on whatever machine. */
function withoutPaths({ losses, networks, ends, ...others }: CheckConfig): CheckConfig {
  const plain = (entries: OptimizerEntry[]) => entries.map(withoutPath) as OptimizerEntry[];
  return {
    ...others,
    losses: { ...losses, optimizers: plain(losses.optimizers) },
    networks: networks.map((network) => ({ ...network, optimizers: plain(network.optimizers) })),
    ends: ends && { ...ends, optimizers: plain(ends.optimizers) },
  };
}
