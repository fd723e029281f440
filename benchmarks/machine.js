// What a benchmark ran on, and where its numbers are kept: benchmarks/results/<kind>/, a kind being the processor's maker
// and the instruction set of the kernels, for example amd-avx512.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadNativeKernels } from "../dist/kernels/native.js";
import { usableCores } from "../dist/processors.js";
import { processorFact, processorModel } from "../dist/results/manifest.js";

const MAKERS = { AuthenticAMD: "amd", GenuineIntel: "intel" };

export const RESULTS = join(dirname(fileURLToPath(import.meta.url)), "results");

export function machineOf(threads) {
  const { instructionSet } = loadNativeKernels({ threads });
  const maker = MAKERS[processorFact("vendor_id")] ?? (process.arch === "arm64" ? "arm" : "other");
  return {
    ...{ kind: `${maker}-${instructionSet}`, processor: cpus()[0]?.model.trim() ?? "unknown" },
    ...{ model: processorModel(), instructionSet, cores: usableCores(), threads },
  };
}

/** Writes benchmarks/results/<kind>/<name>.json. */
export function saveResults(name, { machine, ...results }) {
  const folder = join(RESULTS, machine.kind);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ machine, ...results }, null, 2)}\n`);
  process.stderr.write(`benchmarks/results/${machine.kind}/${name}.json is written\n`);
}
