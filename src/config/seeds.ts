// The seeds that the command line asks for.

import { RpBenchError } from "../errors.js";
import { MOST_SEEDS } from "./schema.js";

/** What --seed, each time it is given, and --seeds say. */
export interface SeedFlags {
  seed?: number[];
  seeds?: number;
}

/**
 * A configuration's seed: one number, or several as a list; undefined where no flag says it.
 *
 * @throws RpBenchError CONFIG_INVALID
 */
export function seedOfFlags({ seed, seeds }: SeedFlags): number | number[] | undefined {
  const refuse = (message: string) => new RpBenchError("CONFIG_INVALID", message);
  if (seed !== undefined && seeds !== undefined) {
    const given = seed.map((one) => `--seed ${one}`).join(" ");
    throw refuse(
      `--seeds: says how many, and ${given} which ones; give one of the two, got --seeds ${seeds}`,
    );
  }
  if (seeds !== undefined) {
    if (!Number.isInteger(seeds) || seeds < 1 || seeds > MOST_SEEDS) {
      throw refuse(`--seeds: must be a whole number from 1 to ${MOST_SEEDS}, got ${seeds}`);
    }
    return seeds === 1 ? 0 : Array.from({ length: seeds }, (_, index) => index);
  }
  const twice = seed?.find((one, index) => seed.indexOf(one) !== index);
  if (twice !== undefined) throw refuse(`--seed: ${twice} is given twice; take one out`);
  return seed?.length === 1 ? seed[0] : seed;
}
