import { sha256 } from "@noble/hashes/sha2";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** What randomness is used for. One seed gives a separate stream for each, so no use disturbs another. */
export type Purpose = "initialization" | "batch-order" | "output-sampling" | "verification" | "demo";

/** The stream of one seed, purpose and index (the epoch, for batch order). */
export function stream(seed: number, purpose: Purpose, index = 0): RandomGenerator {
  const digest = sha256(`rp-bench ${purpose} ${seed} ${index}`);
  return xoroshiro128plus(new DataView(digest.buffer).getInt32(0, true));
}

/** A stream that goes on from where another was, by what its getState() said. */
export function streamFrom(state: ArrayLike<number>): RandomGenerator {
  return xoroshiro128plusFromState(Array.from(state));
}
