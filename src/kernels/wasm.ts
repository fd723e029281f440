// The kernels as WebAssembly, for where the add-on does not load: any Node and any browser whose WebAssembly has SIMD. An
// instance of the module holds one network, so that disposing of it frees its memory. Nothing here needs Node; where the
// modules come from and what a thread is, the caller says (wasm-file.ts, site/).

import { messageOf, RpBenchError } from "../errors.js";
import { bind, codesOf, requireSingle } from "./bind.js";
import type { Kernels, NetworkShape } from "./kernels.js";
import { type Exports, type WasmNetwork, wasmCalls } from "./wasm-calls.js";
import { Region } from "./wasm-memory.js";
import { WASM_VERSION } from "./wasm-version.js";

/** What a thread beside the calling one needs: it makes an instance of its own and calls `work`, which returns at the end. */
export interface ThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** The end of its stack, for the global __stack_pointer. */
  stack: number;
  network: number;
  thread: number;
}

export interface WasmOptions {
  /** As scripts/build-wasm.js makes them: kernels.wasm for one thread, kernels-threads.wasm for more. */
  module: WebAssembly.Module;
  /** Of more than 64, 64 work; the results do not depend on it. */
  threads?: number;
  /** With more than one: runs runThread elsewhere. One that never runs costs time and changes no result. */
  startThread?: (start: ThreadStart) => unknown;
}

/** As many as the pool of the modules has room for (native/wasm/pool.h); it writes beyond itself with more. */
const MOST_THREADS = 64;
const PAGE = 65536;
const MOST_BYTES = 65535 * PAGE;
/** That a module's own data and stack have room in. */
const FIRST_PAGES = 64;
const STACK_BYTES = 2 ** 18;

/** @throws RpBenchError ENGINE_UNAVAILABLE where WebAssembly or its SIMD is missing, or the module is of another build. */
export function createWasmKernels({ module, threads: asked = 1, startThread }: WasmOptions): Kernels {
  requireVersion(module);
  const threads = Math.min(asked, MOST_THREADS);
  return {
    name: "wasm",
    instructionSet: "simd128",
    threads,
    createNetwork(shape, precision) {
      requireSingle("wasm", precision);
      const { network, arrays, stacks } = createNetwork(module, shape, threads);
      if (threads > 1 && startThread) startThreads(module, network, stacks, startThread);
      return {
        ...bind(wasmCalls, network),
        array: (length) => arrays.take(Float32Array, length),
      };
    },
  };
}

/** The smallest module with an instruction of SIMD: v128.const, then drop. */
const PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12],
  ...new Array<number>(16).fill(0),
  ...[26, 11],
);

/** @throws RpBenchError ENGINE_UNAVAILABLE */
export function requireSimd(
  where: string,
  validate = typeof WebAssembly === "undefined" ? undefined : WebAssembly.validate,
): void {
  if (validate?.(PROBE)) return;
  const what = validate ? "has no SIMD instructions" : "is absent";
  throw new RpBenchError(
    "ENGINE_UNAVAILABLE",
    `the WebAssembly of this ${where} ${what}, which the kernels need; use a newer one, or the reference engine`,
  );
}

function requireVersion(module: WebAssembly.Module): void {
  const [section] = WebAssembly.Module.customSections(module, "rp-bench");
  const version = section ? new TextDecoder().decode(section) : "none";
  if (version === WASM_VERSION) return;
  throw new RpBenchError(
    "ENGINE_UNAVAILABLE",
    `the WebAssembly kernels are of another build: their version is ${version}, this code needs ${WASM_VERSION}; install rp-bench again`,
  );
}

function createNetwork(module: WebAssembly.Module, shape: NetworkShape, threads: number) {
  const { layerSizes, rows } = shape;
  const [inputs, outputs] = [layerSizes[0], layerSizes[layerSizes.length - 1]];
  requireAddressable(layerSizes, rows, threads);
  const shared = threads > 1;
  const { exports, memory } = reserved(() => {
    const limits = { initial: FIRST_PAGES, maximum: MOST_BYTES / PAGE, shared };
    const imports = shared ? { env: { memory: new WebAssembly.Memory(limits) } } : {};
    const exports = new WebAssembly.Instance(module, imports).exports as Exports;
    return { exports, memory: imports.env?.memory ?? exports.memory };
  });
  if (!memory) throw new Error("the module has no memory");
  const { activation, objective } = codesOf(shape);
  new Int32Array(memory.buffer, exports.sizes(), layerSizes.length).set(layerSizes);
  try {
    const pointer = exports.createNetwork(layerSizes.length - 1, activation, objective, rows, threads);
    const parameters = layerSizes.slice(1).reduce((sum, units, l) => sum + (layerSizes[l] + 1) * units, 0);
    const batch = rows * Math.max(inputs, outputs);
    const spacing = 32 * 64;
    const regionOf = (bytes: number) => new Region(memory, exports.take(bytes) >>> 0, bytes);
    // The most arrays that a call has; then what an engine keeps: parameters, gradient, curvature, an optimizer's state.
    const region = regionOf(4 * (7 * parameters + 3 * batch) + spacing);
    const stacks = Array.from({ length: threads - 1 }, () => (exports.take(STACK_BYTES) >>> 0) + STACK_BYTES);
    const wanted = 4 * (10 * parameters + 4 * batch) + spacing;
    const arrays = regionOf(Math.max(0, Math.min(wanted, MOST_BYTES - PAGE - memory.buffer.byteLength)));
    const network: WasmNetwork = {
      ...{ exports, memory, pointer, inputs, outputs, parameters, rows, region, disposed: false },
    };
    return { network, arrays, stacks };
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw outOfMemory(error);
  }
}

/** Sizes in bytes that do not fit 32 bits would be taken for smaller ones. */
function requireAddressable(layerSizes: readonly number[], rows: number, threads: number): void {
  const widest = Math.max(...layerSizes) + 64;
  const pairs = layerSizes.slice(1).map((units, l) => (units + 64) * (layerSizes[l] + 64));
  const largest = 8 * Math.max(...pairs, (rows + 64) * widest, widest * 64, threads * layerSizes.length);
  if (largest > MOST_BYTES) throw outOfMemory();
}

/** @throws RpBenchError OUT_OF_MEMORY where the process may not have the addresses, whatever the network's size */
function reserved<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message =
      `no memory for WebAssembly could be reserved (${messageOf(error)}); it takes some 10 GiB of addresses for each ` +
      "network, however small, which a limit on the process (ulimit -v) must allow";
    throw new RpBenchError("OUT_OF_MEMORY", message, { cause: error });
  }
}

function outOfMemory(cause?: unknown): RpBenchError {
  const message =
    "the network's buffers do not fit WebAssembly's memory of 4 GiB; use smaller layers or batches, or the native engine";
  return new RpBenchError("OUT_OF_MEMORY", message, cause === undefined ? {} : { cause });
}

/** Ends the threads of networks that were never disposed of. */
const undisposed = new FinalizationRegistry((stop: () => void) => stop());

function startThreads(
  module: WebAssembly.Module,
  network: WasmNetwork,
  stacks: readonly number[],
  startThread: (start: ThreadStart) => unknown,
): void {
  const { exports, memory, pointer } = network;
  for (const [index, stack] of stacks.entries()) {
    startThread({ module, memory, stack, network: pointer, thread: index + 1 });
  }
  undisposed.register(network, () => exports.stop(pointer), network);
}
