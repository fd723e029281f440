// The compiled kernels. They check type, length and range of every argument themselves (native/addon.cc); that no two
// arrays of a call are the same is the session's doing.

import { RpBenchError } from "../errors.js";
import { usableCores } from "../processors.js";
import { loadAddon } from "./addon.js";
import { bind, codesOf, requireSingle, withCode } from "./bind.js";
import type { Kernels } from "./kernels.js";

const MOST_THREADS = 256;

/**
 * The native kernels.
 *
 * `RP_BENCH_INSTRUCTION_SET` (avx512, avx2, neon or portable) takes other kernels than the processor's own (dispatch.cc).
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE, with why they are not there and what brings them.
 */
export function loadNativeKernels(options: { threads?: number | undefined } = {}): Kernels {
  requireThreads(options.threads);
  const threads = options.threads ?? Math.min(usableCores(), MOST_THREADS);
  const { addon } = loadAddon();
  const instructionSet = process.env.RP_BENCH_INSTRUCTION_SET ?? "";
  return {
    name: "native",
    instructionSet: withCode(() => addon.instructionSet(instructionSet)),
    threads,
    createNetwork(shape, precision) {
      requireSingle("native", precision);
      const { layerSizes, rows } = shape;
      const { activation, objective } = codesOf(shape);
      return bind(
        addon,
        withCode(() =>
          addon.createNetwork(
            Int32Array.from(layerSizes),
            activation,
            objective,
            rows,
            threads,
            instructionSet,
          ),
        ),
      );
    },
  };
}

/**
 * A fixed piece of arithmetic on one thread, the same whatever the kernels: `rounds` times 2^21 products and sums.
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE
 */
export function loadMultiplyAddLoop(): (rounds: number) => void {
  const { addon } = loadAddon();
  return (rounds) => {
    withCode(() => addon.multiplyAdd(rounds));
  };
}

/** @throws RpBenchError CONFIG_INVALID unless it is left out or from 1 to 256. */
export function requireThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) return;
  const message = `threads: must be a whole number from 1 to ${MOST_THREADS}, got ${threads}`;
  throw new RpBenchError("CONFIG_INVALID", message);
}
