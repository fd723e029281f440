// The optimizers that flags name, with the rates and settings that they give.

import { resolve } from "node:path";
import { isModulePath, moduleAt, shownName } from "../custom/options.js";
import { RpBenchError } from "../errors.js";
import type { LearningRate } from "../optimizers/options.js";
import { OPTIMIZER_NAMES, optimizersWith } from "../optimizers/registry.js";
import type { Raw } from "./files.js";

/** What the command line gave; keys as in the configuration, but for the optimizers. */
export interface RunFlags {
  config?: string;
  optimizer?: string[];
  lr?: LearningRate[];
  momentum?: number;
  nesterov?: boolean;
  curvature?: string;
  outputs?: number;
  curvatureDecay?: number;
  safeguard?: boolean;
  exponent?: number;
  warmupSteps?: number;
  /** Everything else, by its key in the configuration. */
  overrides: Record<string, unknown>;
}

/** The configuration's optimizers, or those that --optimizer names, with the rates and settings of the flags. */
export function selectOptimizers(flags: RunFlags, configured: unknown, tuned: Raw[] = []): unknown {
  const { optimizer: names, lr, momentum, nesterov, safeguard, exponent, warmupSteps } = flags;
  const accelerated = { ...(momentum === undefined ? {} : { momentum }), ...(nesterov ? { nesterov } : {}) };
  const curvature = curvatureSettings(flags);
  const denominator = {
    ...(safeguard ? { safeguard } : {}),
    ...(exponent === undefined ? {} : { exponent }),
  };
  const warmup = warmupSteps === undefined ? {} : { warmupSteps };
  const settings = { ...accelerated, ...curvature, ...denominator, ...warmup };
  if (!names && !lr && Object.keys(settings).length === 0) return configured;
  const known = Array.isArray(configured) ? (configured as Raw[]) : [];
  const named = (name: string): Raw =>
    known.find((entry) => entry.label === name) ??
    known.find((entry) => entry.name === name || (isModulePath(name) && entry.path === resolve(name))) ??
    tuned.find((entry) => entry.label === name) ??
    tuned.find((entry) => entry.name === name) ??
    (isModulePath(name) ? moduleAt(name, ".", "--optimizer") : { name });
  const selected = (names ? names.map(named) : known).map((entry) => ({ ...entry }) as Raw);

  if (lr && lr.length !== selected.length) {
    const message = `--lr: give one rate for each --optimizer, in the same order; got ${lr.length} for ${selected.length}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  lr?.forEach((rate, index) => {
    selected[index].learningRate = rate;
  });
  for (const entry of selected) requireRate(entry);
  apply(accelerated, selected, "--momentum, --nesterov");
  apply(curvature, selected, "--curvature, --outputs, --curvature-decay");
  apply(denominator, selected, "--safeguard, --exponent");
  apply(warmup, selected, "--warmup-steps");
  return selected;
}

/** Only what comes with the program has tuned rates. */
function requireRate(entry: Raw): void {
  const known = entry.file !== undefined || (OPTIMIZER_NAMES as readonly unknown[]).includes(entry.name);
  if (!known || entry.learningRate !== undefined) return; // an unknown name is the schema's business
  const message = `--lr: give a learning rate, ${nameOfEntry(entry)} has no tuned one`;
  throw new RpBenchError("CONFIG_INVALID", message);
}

function nameOfEntry(entry: Raw): string {
  return shownName(entry as { name: string; file?: string });
}

/** Gives settings to the optimizers that take them. */
function apply(settings: Raw, entries: Raw[], flags: string): void {
  const keys = Object.keys(settings);
  if (keys.length === 0) return;
  const takers = optimizersWith(keys);
  const taking = entries.filter(({ name }) => (takers as unknown[]).includes(name));
  if (taking.length === 0) {
    const names = entries.map(nameOfEntry).join(", ");
    throw new RpBenchError(
      "CONFIG_INVALID",
      `${flags}: of no use to ${names}; choose ${takers.join(" or ")}`,
    );
  }
  for (const entry of taking) Object.assign(entry, settings);
}

/** Outputs sampled where --curvature sampled does not say: of 4 to 64 the fewest that showed no loss spikes. */
const DEFAULT_OUTPUTS = 32;

function curvatureSettings({ curvature, outputs, curvatureDecay }: RunFlags): Raw {
  if (curvature === "exact" && outputs !== undefined) {
    throw new RpBenchError(
      "CONFIG_INVALID",
      `--outputs: goes with --curvature sampled, got ${outputs} with exact`,
    );
  }
  const sampled = curvature === "sampled" || outputs !== undefined;
  return {
    ...(sampled ? { curvature: { outputs: outputs ?? DEFAULT_OUTPUTS } } : curvature ? { curvature } : {}),
    ...(curvatureDecay === undefined ? {} : { curvatureDecay }),
  };
}
