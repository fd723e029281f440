import { RpBenchError } from "../errors.js";
import type { LearningRate } from "../optimizers/options.js";
import { parseWith } from "../validation.js";
import { type RunFlags, resolveRunConfig } from "./resolve.js";
import { type RunConfig, seedsOf, wholeNumber } from "./schema.js";

/** A run's configuration with its one optimizer. */
export type AuditConfig = Omit<RunConfig, "seed"> & {
  seed: number;
  /** Updates between two whose prediction is judged. */
  every: number;
};

/** As of `rp-bench run`, but one optimizer and one rate. */
export interface AuditFlags extends Omit<RunFlags, "config" | "optimizer" | "lr"> {
  optimizer?: string;
  lr?: LearningRate;
  every?: number;
}

/** With them the default audit of 784-256-64-256-784 stays under five minutes on two cores. */
const DEFAULTS = { optimizer: "rp", epochs: 5, every: 25 };

/** @throws RpBenchError CONFIG_INVALID, naming the flag. */
export function resolveAuditConfig({ optimizer, lr, every, ...flags }: AuditFlags): AuditConfig {
  const config = resolveRunConfig({
    ...flags,
    optimizer: [optimizer ?? DEFAULTS.optimizer],
    ...(lr === undefined ? {} : { lr: [lr] }),
    overrides: { epochs: DEFAULTS.epochs, ...flags.overrides },
  });
  const [, second] = config.optimizers;
  if (second) {
    const message = `--optimizer: an audit is of one optimizer, got ${optimizer}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const [seed] = seedsOf(config);
  return { ...config, seed, every: parseWith(wholeNumber(1), every ?? DEFAULTS.every, () => "--every") };
}
