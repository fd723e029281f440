// The compiled kernels of every instruction set that is here, WebAssembly's among them.

import { vi } from "vitest";
import type { Kernels } from "../../src/kernels/kernels.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { loadWasmKernels } from "../../src/kernels/wasm-file.js";

/** Of WebAssembly: as its engine names it. */
export const SIMD128 = "simd128";

/** Those that this processor has; portable and simd128 are always there. Stubs an environment variable. */
export function instructionSetsHere(): string[] {
  return ["avx512", "avx2", "neon", "portable", SIMD128].filter((name) => {
    try {
      return loadKernels(name, 1).instructionSet === name;
    } catch (error) {
      if (name === SIMD128) throw error;
      return false;
    }
  });
}

/** Whether products and sums are rounded as one: all that are give the same bits. */
export function isFused(name: string): boolean {
  return name !== "portable" && name !== SIMD128;
}

/** Stubs an environment variable, which the caller's tests unstub. */
export function loadKernels(instructionSet: string, threads: number): Kernels {
  if (instructionSet === SIMD128) return loadWasmKernels({ threads });
  vi.stubEnv("RP_BENCH_INSTRUCTION_SET", instructionSet);
  return loadNativeKernels({ threads });
}
