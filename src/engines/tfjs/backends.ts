// Where TensorFlow.js computes. All its packages are optional peer dependencies: what is not installed is not used.

import { createRequire } from "node:module";
import type * as Core from "@tensorflow/tfjs-core";
import { messageOf, RpBenchError } from "../../errors.js";
import type { BackendName } from "./options.js";

export type Tf = typeof Core;

export const TFJS_VERSION = "4.22.0";

export interface Backend {
  tf: Tf;
  name: BackendName;
  /** The package that computes. */
  package: string;
  /** Tensors can be read only by waiting for them. */
  asynchronous: boolean;
  /** Bytes of intermediate tensors at a time that are fastest, within the memory bound. */
  chunkBytes: number;
}

interface Source {
  package: string;
  /** What else it needs to be installed. */
  needs: string[];
  /** @param hardwareOnly fail where only a slow imitation is there */
  load(require: NodeJS.Require, hardwareOnly: boolean): Promise<void> | void;
  asynchronous?: boolean;
  chunkBytes: number;
}

const CACHE_BYTES = 48 * 2 ** 20;
const NO_LIMIT = Number.POSITIVE_INFINITY;

/** The fastest first; of one name the first that is installed is taken. */
const SOURCES: { name: BackendName; source: Source }[] = [
  { name: "tensorflow", source: nodeSource("@tensorflow/tfjs-node-gpu", NO_LIMIT) },
  { name: "tensorflow", source: nodeSource("@tensorflow/tfjs-node", CACHE_BYTES) },
  {
    name: "webgpu",
    source: {
      package: "@tensorflow/tfjs-backend-webgpu",
      needs: ["webgpu"],
      load: loadWebGpu,
      asynchronous: true,
      chunkBytes: NO_LIMIT,
    },
  },
  { name: "wasm", source: plainSource("@tensorflow/tfjs-backend-wasm", CACHE_BYTES) },
  { name: "cpu", source: plainSource("@tensorflow/tfjs-backend-cpu", 0) },
];

function plainSource(name: string, chunkBytes: number): Source {
  return { package: name, needs: [], load: (require) => void require(name), chunkBytes };
}

function nodeSource(name: string, chunkBytes: number): Source {
  return {
    package: name,
    needs: [],
    load(require) {
      restoreUtilities(require);
      process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // its notes about the processor are not ours
      require(name);
    },
    chunkBytes,
  };
}

/** Node 23 removed these from `util`; tfjs-node 4.22 calls them while it loads. */
function restoreUtilities(require: NodeJS.Require): void {
  const util = require("node:util") as Record<string, unknown>;
  const removed: Record<string, (value: unknown) => boolean> = {
    isArray: Array.isArray,
    isBoolean: (value) => typeof value === "boolean",
    isNull: (value) => value === null,
    isNullOrUndefined: (value) => value === null || value === undefined,
    isNumber: (value) => typeof value === "number",
    isObject: (value) => typeof value === "object" && value !== null,
    isString: (value) => typeof value === "string",
    isUndefined: (value) => value === undefined,
  };
  for (const [name, check] of Object.entries(removed)) util[name] ??= check;
}

interface Adapter {
  info?: { isFallbackAdapter?: boolean; architecture?: string };
}
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/** Node has no WebGPU of its own; the package webgpu is Dawn, which the browsers use. */
async function loadWebGpu(require: NodeJS.Require, hardwareOnly: boolean): Promise<void> {
  const { create, globals } = require("webgpu") as { create(options: string[]): Gpu; globals: object };
  Object.assign(globalThis, globals);
  // Node 20 has no navigator, later ones have one without gpu.
  const { navigator = {} } = globalThis as { navigator?: { gpu?: Gpu } };
  const gpu = navigator.gpu ?? create([]);
  if (!navigator.gpu) Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error("no GPU was found");
  const { isFallbackAdapter = false, architecture = "" } = adapter.info ?? {};
  if (hardwareOnly && (isFallbackAdapter || architecture === "swiftshader")) {
    throw new Error("the only GPU is a software one, slower than wasm; --backend webgpu takes it");
  }
  require("@tensorflow/tfjs-backend-webgpu");
}

/**
 * Loads a backend, or of "auto" the fastest that is installed and works.
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE with the command that installs it, or with its own message as cause
 */
export async function loadBackend(wanted: BackendName | "auto"): Promise<Backend> {
  const require = createRequire(import.meta.url);
  const tf = loadCore(require);
  const failures: RpBenchError[] = [];
  for (const { name, source } of SOURCES) {
    if (wanted !== "auto" && wanted !== name) continue;
    const absent = [source.package, ...source.needs].filter((one) => !isInstalled(require, one));
    if (absent.length > 0) continue;
    try {
      await source.load(require, wanted === "auto");
      if (!(await tf.setBackend(name))) throw new Error("it did not initialise");
      await tf.ready();
      const { chunkBytes, asynchronous = false } = source;
      return { tf, name, package: source.package, asynchronous, chunkBytes };
    } catch (error) {
      const message = `backend ${name} (${source.package}) does not work: ${messageOf(error)}`;
      failures.push(new RpBenchError("ENGINE_UNAVAILABLE", message, { cause: error }));
    }
  }
  if (failures[0]) throw failures[0];
  throw new RpBenchError("ENGINE_UNAVAILABLE", `${nameOf(wanted)} is not installed; ${howToInstall(wanted)}`);
}

function loadCore(require: NodeJS.Require): Tf {
  if (!isInstalled(require, "@tensorflow/tfjs-core")) {
    throw new RpBenchError("ENGINE_UNAVAILABLE", `TensorFlow.js is not installed; ${howToInstall("auto")}`);
  }
  const tf = require("@tensorflow/tfjs-core") as Tf;
  tf.env().set("PROD", true); // no advertisement of other packages on stderr
  return tf;
}

function isInstalled(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function nameOf(wanted: BackendName | "auto"): string {
  return wanted === "auto" ? "no backend of TensorFlow.js" : `backend ${wanted} of TensorFlow.js`;
}

function howToInstall(wanted: BackendName | "auto"): string {
  const packages: Record<BackendName, string[]> = {
    tensorflow: [`@tensorflow/tfjs-node@${TFJS_VERSION}`],
    webgpu: [`@tensorflow/tfjs-backend-webgpu@${TFJS_VERSION}`, "webgpu"],
    wasm: [`@tensorflow/tfjs-backend-wasm@${TFJS_VERSION}`],
    cpu: [`@tensorflow/tfjs-backend-cpu@${TFJS_VERSION}`],
  };
  const needed = packages[wanted === "auto" ? "wasm" : wanted];
  return `install it: npm install @tensorflow/tfjs-core@${TFJS_VERSION} ${needed.join(" ")} (docs/engines.md)`;
}
