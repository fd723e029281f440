import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** `count` values in low..high. */
export function randomValues(count: number, seed: number, low = -1, high = 1): Float64Array {
  const random = xoroshiro128plus(seed);
  return Float64Array.from({ length: count }, () => low + (high - low) * uniformFloat64(random));
}
