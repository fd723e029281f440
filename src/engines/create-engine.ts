import { RpBenchError } from "../errors.js";
import { loadNativeKernels, requireThreads } from "../kernels/native.js";
import { createReferenceKernels } from "../kernels/reference.js";
import { ENGINE_NAMES, type Engine, type EngineName } from "./engine.js";
import { createKernelEngine } from "./kernel-engine.js";
import type { TfjsOptions } from "./tfjs/options.js";

export interface EngineOptions {
  /** Of the native engine: 1 to 256; by default every usable core. The reference engine has one. */
  threads?: number | undefined;
  /** Of the tfjs engine: "tensorflow", "webgpu", "wasm", "cpu"; by default the fastest that is installed and works. */
  backend?: TfjsOptions["backend"];
  /**
   * Of the tfjs engine: MiB for the derivatives of outputs by hidden units, which a curvature pass makes for as many
   * samples at a time as fit, at least one; by default what is fastest on the backend. All else comes on top.
   */
  tensorMegabytes?: TfjsOptions["tensorMegabytes"];
  /** Told of a faster backend that is installed but does not work; by default Node's process.emitWarning. */
  warn?: ((message: string) => void) | undefined;
}

/**
 * Refuses options that an engine would not heed. Of "auto" the engine is native or reference.
 *
 * @param nameOf what the user calls an option
 * @throws RpBenchError CONFIG_INVALID
 */
export function requireHeeded(
  engine: EngineName | "auto",
  { threads, backend, tensorMegabytes }: Omit<EngineOptions, "warn">,
  nameOf: (key: string) => string = (key) => key,
): void {
  const idle = engine === "tfjs" ? { threads } : { backend, tensorMegabytes };
  const owner = engine === "tfjs" ? "the native engine; tfjs has its own" : "the tfjs engine (--engine tfjs)";
  for (const [key, value] of Object.entries(idle)) {
    if (value === undefined) continue;
    throw new RpBenchError("CONFIG_INVALID", `${nameOf(key)}: goes with ${owner}, got ${value}`);
  }
}

const ENGINES: Record<EngineName, (options: EngineOptions) => Engine | Promise<Engine>> = {
  native: (options) => createKernelEngine(loadNativeKernels(options)),
  reference({ threads }) {
    requireThreads(threads);
    return createKernelEngine(createReferenceKernels());
  },
  async tfjs(options) {
    const { createTfjsEngine } = await import("./tfjs/tfjs-engine.js");
    return createTfjsEngine(options, options.warn);
  },
};

/**
 * Creates an engine: "native" (C++ kernels), "reference" (TypeScript loops, float32 or float64) or "tfjs"
 * (TensorFlow.js on one of its backends, see docs/engines.md).
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE where it is not built or does not load, CONFIG_INVALID for a bad option.
 */
export async function createEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  const given = options ?? {};
  if (Object.hasOwn(ENGINES, name)) {
    requireHeeded(name, given);
    return ENGINES[name](given);
  }
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
