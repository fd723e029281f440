import { RpBenchError } from "../errors.js";
import { loadNativeKernels, requireThreads } from "../kernels/native.js";
import { createReferenceKernels } from "../kernels/reference.js";
import { ENGINE_NAMES, type Engine, type EngineName } from "./engine.js";
import { createKernelEngine } from "./kernel-engine.js";

export interface EngineOptions {
  /** 1 to 256; by default every core. The reference engine has one. */
  threads?: number | undefined;
}

/**
 * Creates an engine: "native" (C++ kernels) or "reference" (TypeScript loops, float32 or float64).
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE where it is not built or does not load, CONFIG_INVALID for a bad option.
 */
export async function createEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  switch (name) {
    case "native":
      return createKernelEngine(loadNativeKernels(options ?? {}));
    case "reference":
      requireThreads(options?.threads);
      return createKernelEngine(createReferenceKernels());
    default:
      throw new RpBenchError(
        "CONFIG_INVALID",
        `engine: must be one of ${ENGINE_NAMES.join(", ")}, got ${JSON.stringify(name)}`,
      );
  }
}

/** Native where it is there, else reference, with why in `fallback`. */
export async function chooseEngine(
  options: EngineOptions = {},
): Promise<{ engine: Engine; fallback?: RpBenchError }> {
  try {
    return { engine: await createEngine("native", options) };
  } catch (error) {
    if (!(error instanceof RpBenchError) || error.code !== "ENGINE_UNAVAILABLE") throw error;
    return { engine: await createEngine("reference"), fallback: error };
  }
}
