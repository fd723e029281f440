// Where TensorFlow.js computes. All its packages are optional peer dependencies: what is not installed is not used.

import { createRequire } from "node:module";
import util from "node:util";
import type * as Core from "@tensorflow/tfjs-core";
import { messageOf, RpBenchError } from "../../errors.js";
import type { BackendName } from "./options.js";

export type Tf = typeof Core;

const TFJS_VERSION = "4.22.0";

interface Source {
  name: BackendName;
  /** The package that computes. */
  package: string;
  /** What else must be installed for it. */
  needs: string[];
  /** @param hardwareOnly fail where only a slow imitation is there */
  load(require: NodeJS.Require, hardwareOnly: boolean): Promise<void> | void;
  /** Tensors can be read only by waiting for them. */
  asynchronous: boolean;
  /** Bytes of intermediate tensors at a time that are fastest, within the memory bound. */
  chunkBytes: number;
}

export interface Backend extends Pick<Source, "name" | "asynchronous" | "chunkBytes"> {
  tf: Tf;
}

const CACHE_BYTES = 48 * 2 ** 20;
const NO_LIMIT = Number.POSITIVE_INFINITY;

/** The fastest first; of one name the first that is installed is taken, and the last is the one to advise. */
const SOURCES: Source[] = [
  nodeSource("@tensorflow/tfjs-node-gpu", NO_LIMIT),
  nodeSource("@tensorflow/tfjs-node", CACHE_BYTES),
  {
    ...{ name: "webgpu", package: "@tensorflow/tfjs-backend-webgpu", needs: ["webgpu"] },
    ...{ load: loadWebGpu, asynchronous: true, chunkBytes: NO_LIMIT },
  },
  plainSource("wasm", CACHE_BYTES),
  plainSource("cpu", 0),
];

function plainSource(name: "wasm" | "cpu", chunkBytes: number): Source {
  const source = `@tensorflow/tfjs-backend-${name}`;
  const load = (require: NodeJS.Require) => void require(source);
  return { name, package: source, needs: [], load, asynchronous: false, chunkBytes };
}

function nodeSource(source: string, chunkBytes: number): Source {
  const load = (require: NodeJS.Require) => {
    restoreUtilities();
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // its notes about the processor are not ours
    require(source);
  };
  return { name: "tensorflow", package: source, needs: [], load, asynchronous: false, chunkBytes };
}

/** Node 23 removed these from `util`; tfjs-node 4.22 calls them while it loads. */
export function restoreUtilities(): void {
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
  for (const [name, check] of Object.entries(removed)) (util as Record<string, unknown>)[name] ??= check;
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
  for (const source of SOURCES) {
    const { name, asynchronous, chunkBytes } = source;
    if (wanted !== "auto" && wanted !== name) continue;
    const absent = [source.package, ...source.needs].filter((one) => !isInstalled(require, one));
    if (absent.length > 0) continue;
    try {
      await source.load(require, wanted === "auto");
      if (!(await tf.setBackend(name))) throw new Error("it did not initialise");
      await tf.ready();
      return { tf, name, asynchronous, chunkBytes };
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
  const advised = wanted === "auto" ? "wasm" : wanted;
  const sources = SOURCES.filter(({ name }) => name === advised).slice(-1);
  const packages = sources.flatMap((source) => [`${source.package}@${TFJS_VERSION}`, ...source.needs]);
  return `install it: npm install @tensorflow/tfjs-core@${TFJS_VERSION} ${packages.join(" ")} (docs/engines.md)`;
}
