// The WebAssembly kernels in Node: the modules are files of this package, threads are workers.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { messageOf, RpBenchError } from "../errors.js";
import { usableCores } from "../processors.js";
import type { Kernels } from "./kernels.js";
import { requireThreads } from "./native.js";
import { createWasmKernels, requireSimd, type ThreadStart } from "./wasm.js";

const compiled = new Map<string, WebAssembly.Module>();

/**
 * The kernels of native/prebuilt/wasm/; `RP_BENCH_WASM` names another folder that holds them.
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE, with why they do not serve.
 */
export function loadWasmKernels(options: { threads?: number | undefined } = {}): Kernels {
  requireThreads(options.threads);
  requireSimd(`Node (${process.version})`);
  const threads = options.threads ?? usableCores();
  const module = compile(threads === 1 ? "kernels.wasm" : "kernels-threads.wasm");
  return createWasmKernels({ module, threads, startThread });
}

function compile(name: string): WebAssembly.Module {
  const folder =
    process.env.RP_BENCH_WASM ?? fileURLToPath(new URL("../../native/prebuilt/wasm", import.meta.url));
  const path = `${folder}/${name}`;
  const known = compiled.get(path);
  if (known) return known;
  try {
    const module = new WebAssembly.Module(readFileSync(path));
    compiled.set(path, module);
    return module;
  } catch (error) {
    throw new RpBenchError(
      "ENGINE_UNAVAILABLE",
      `the WebAssembly kernels do not load (${messageOf(error)}); install rp-bench again`,
      { cause: error },
    );
  }
}

/** What runThread of wasm.ts does, as text, which a worker starts from wherever this file lies. */
const THREAD = `
  const { module, memory, stack, network, thread } = require("node:worker_threads").workerData;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.__stack_pointer.value = stack;
  exports.work(network, thread);
`;

/** Ends when its network is disposed of; it keeps no process alive. */
export function startThread(start: ThreadStart): Worker {
  const worker = new Worker(THREAD, { eval: true, workerData: start, execArgv: [] });
  worker.unref();
  // The others do its share of the work.
  worker.on("error", (error) =>
    process.emitWarning(`a thread of the WebAssembly kernels failed: ${messageOf(error)}`),
  );
  return worker;
}
