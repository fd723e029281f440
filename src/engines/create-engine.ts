import { RpBenchError } from "../errors.js";
import { loadNativeKernels, requireThreads } from "../kernels/native.js";
import { createReferenceKernels } from "../kernels/reference.js";
import { loadWasmKernels } from "../kernels/wasm-file.js";
import { ENGINE_NAMES, type Engine, type EngineName } from "./engine.js";
import { createKernelEngine } from "./kernel-engine.js";
import type { TfjsOptions } from "./tfjs/options.js";

export interface EngineOptions {
  /** Of the native and wasm engines: 1 to 256, of which wasm takes 64; by default every usable core. The reference engine has one. */
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
 * Refuses options that an engine would not heed. Of "auto" the engine is native, wasm or reference.
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
  const owner =
    engine === "tfjs" ? "the native and wasm engines; tfjs has its own" : "the tfjs engine (--engine tfjs)";
  for (const [key, value] of Object.entries(idle)) {
    if (value === undefined) continue;
    throw new RpBenchError("CONFIG_INVALID", `${nameOf(key)}: goes with ${owner}, got ${value}`);
  }
}

const ENGINES: Record<EngineName, (options: EngineOptions) => Engine | Promise<Engine>> = {
  native: (options) => createKernelEngine(loadNativeKernels(options)),
  wasm: (options) => createKernelEngine(loadWasmKernels(options)),
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
 * Creates an engine: "native" (C++ kernels), "wasm" (the same as WebAssembly), "reference" (TypeScript loops, float32 or
 * float64) or "tfjs" (TensorFlow.js on one of its backends, see docs/engines.md).
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

/** What "auto" tries, in order, with what is said of one that is taken in the place of a faster one. */
const AUTO: { name: EngineName; instead: string }[] = [
  { name: "native", instead: "" },
  { name: "wasm", instead: "the WebAssembly kernels, some times slower" },
  { name: "reference", instead: "the reference kernels, some 100 times slower" },
];

/** Native where it is there, else wasm, else reference; `fallback` says why it is not native, and what it is. */
export async function chooseEngine(
  options: EngineOptions = {},
): Promise<{ engine: Engine; fallback?: string }> {
  const reasons: string[] = [];
  for (const { name, instead } of AUTO) {
    try {
      const engine = await createEngine(name, options);
      return reasons.length > 0
        ? { engine, fallback: `${reasons.join("; ")}. Going on with ${instead}` }
        : { engine };
    } catch (error) {
      if (!(error instanceof RpBenchError) || error.code !== "ENGINE_UNAVAILABLE") throw error;
      reasons.push(error.message);
    }
  }
  throw new RpBenchError("ENGINE_UNAVAILABLE", reasons.join("; "));
}
