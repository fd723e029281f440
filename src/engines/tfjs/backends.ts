// Where TensorFlow.js computes. All its packages are optional peer dependencies: what is not installed is not used.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
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
  /** Of tensorMegabytes the fastest; 0: one sample at a time. */
  megabytes: number;
}

export interface Backend extends Pick<Source, "name" | "asynchronous" | "megabytes"> {
  tf: Tf;
  /** Of what computes, by package. */
  versions: Record<string, string>;
}

/** On a processor less takes longer, and more is hardly faster. */
const PROCESSOR_MEGABYTES = 32;
/** A GPU wants much to do at a time; not measured. */
const GPU_MEGABYTES = 512;

/** The fastest first; of one name the first that is installed is taken, and the last is the one to advise. */
const SOURCES: Source[] = [
  nodeSource("@tensorflow/tfjs-node-gpu", GPU_MEGABYTES),
  nodeSource("@tensorflow/tfjs-node", PROCESSOR_MEGABYTES),
  {
    ...{ name: "webgpu", package: "@tensorflow/tfjs-backend-webgpu", needs: ["webgpu"] },
    ...{ load: loadWebGpu, asynchronous: true, megabytes: GPU_MEGABYTES },
  },
  plainSource("wasm", PROCESSOR_MEGABYTES),
  plainSource("cpu", 0),
];

function plainSource(name: "wasm" | "cpu", megabytes: number): Source {
  const source = `@tensorflow/tfjs-backend-${name}`;
  const load = (require: NodeJS.Require) => void require(source);
  return { name, package: source, needs: [], load, asynchronous: false, megabytes };
}

function nodeSource(source: string, megabytes: number): Source {
  const load = (require: NodeJS.Require) => {
    restoreUtilities();
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // its notes about the processor are not ours
    // By default NVIDIA's libraries multiply float32 in TF32, with 10 bits after the point: another trajectory.
    process.env.NVIDIA_TF32_OVERRIDE ??= "0";
    require(source);
  };
  return { name: "tensorflow", package: source, needs: [], load, asynchronous: false, megabytes };
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
  // An ES module, which `require` takes from Node 20.19 on.
  const { create, globals }: { create(options: string[]): Gpu; globals: object } = await import(
    pathToFileURL(require.resolve("webgpu")).href
  );
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
 * Loads a backend, or of "auto" the fastest that is installed and works; `warn` is told of faster ones that do not. To be
 * called in turn.
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE with the command that installs it, or with its own message as cause
 */
export async function loadBackend(
  wanted: BackendName | "auto",
  warn: (message: string) => void,
): Promise<Backend> {
  const require = createRequire(import.meta.url);
  const tf = loadCore(require);
  const failures: { message: string; error: unknown }[] = [];
  for (const source of SOURCES) {
    const { name, asynchronous, megabytes } = source;
    if (wanted !== "auto" && wanted !== name) continue;
    const absent = [source.package, ...source.needs].filter((one) => !isInstalled(require, one));
    if (absent.length > 0) continue;
    try {
      await source.load(require, wanted === "auto");
      if (!(await tf.setBackend(name))) throw new Error("it did not initialise");
      await tf.ready();
      const versions = versionsOf(require, tf, source);
      for (const { message } of failures) {
        warn(`${message}; mend or remove it (docs/engines.md). Going on with ${name} (${source.package})`);
      }
      return { tf, name, asynchronous, megabytes, versions };
    } catch (error) {
      const message = `backend ${name} (${source.package}) does not work: ${messageOf(error)}`;
      failures.push({ message, error });
    }
  }
  if (failures.length === 0) {
    throw new RpBenchError(
      "ENGINE_UNAVAILABLE",
      `${nameOf(wanted)} is not installed; ${howToInstall(wanted)}`,
    );
  }
  const errors = failures.map(({ error }) => error);
  const cause = errors.length > 1 ? new AggregateError(errors) : errors[0];
  throw new RpBenchError("ENGINE_UNAVAILABLE", failures.map(({ message }) => message).join("; "), { cause });
}

function versionsOf(require: NodeJS.Require, tf: Tf, source: Source): Record<string, string> {
  const packages = ["@tensorflow/tfjs-core", source.package, ...source.needs];
  const versions: Record<string, string> = {};
  for (const one of packages) versions[one] = require(`${one}/package.json`).version;
  // tfjs-node's bindings know what library they are linked to.
  const { binding } = tf.backend() as { binding?: { TF_Version?: string } };
  if (binding?.TF_Version) versions.libtensorflow = binding.TF_Version;
  return versions;
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
