import { RpBenchError } from "../errors.js";
import { loadNativeKernels, requireThreads } from "../kernels/native.js";
import { createReferenceKernels } from "../kernels/reference.js";
import { ENGINE_NAMES, type Engine, type EngineName } from "./engine.js";
import { createKernelEngine } from "./kernel-engine.js";
import type { TfjsOptions } from "./tfjs/options.js";

export interface EngineOptions {
  /** 1 to 256; by default every core. The reference engine has one. */
  threads?: number | undefined;
  /** Of the tfjs engine: "tensorflow", "webgpu", "wasm", "cpu"; by default the fastest that is installed. */
  backend?: TfjsOptions["backend"];
  /** Of the tfjs engine: the most that intermediate tensors may take; by default 512. */
  tensorMegabytes?: TfjsOptions["tensorMegabytes"];
}

const ENGINES: Record<EngineName, (options: EngineOptions) => Engine | Promise<Engine>> = {
  native: (options) => createKernelEngine(loadNativeKernels(options)),
  reference({ threads }) {
    requireThreads(threads);
    return createKernelEngine(createReferenceKernels());
  },
  async tfjs(options) {
    const { createTfjsEngine } = await import("./tfjs/tfjs-engine.js");
    return createTfjsEngine(options);
  },
};

/**
 * Creates an engine: "native" (C++ kernels), "reference" (TypeScript loops, float32 or float64) or "tfjs"
 * (TensorFlow.js on one of its backends, see docs/engines.md).
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE where it is not built or does not load, CONFIG_INVALID for a bad option.
 */
export async function createEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  if (Object.hasOwn(ENGINES, name)) return ENGINES[name](options ?? {});
  const message = `engine: must be one of ${ENGINE_NAMES.join(", ")}, got ${JSON.stringify(name)}`;
  throw new RpBenchError("CONFIG_INVALID", message);
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
