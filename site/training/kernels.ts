import address from "../../native/prebuilt/wasm/kernels.wasm?url";
import { requireSimd } from "../../src/kernels/wasm.js";

let compiled: Promise<WebAssembly.Module> | null = null;

/** The kernels, compiled once for all workers. @throws RpBenchError ENGINE_UNAVAILABLE where a browser cannot run them */
export async function loadKernels(): Promise<WebAssembly.Module> {
  requireSimd("browser");
  compiled ??= fetchKernels().catch((error: unknown) => {
    compiled = null; // the network may be back the next time
    throw error;
  });
  return compiled;
}

async function fetchKernels(): Promise<WebAssembly.Module> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`the kernels could not be fetched (${response.status})`);
  return WebAssembly.compile(await response.arrayBuffer());
}
