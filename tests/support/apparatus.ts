import type { Apparatus } from "../../src/check/observe.js";
import type { CheckConfig } from "../../src/config/check-schema.js";
import { createEngine } from "../../src/engines/create-engine.js";
import { loadMultiplyAddLoop } from "../../src/kernels/native.js";
import { datasetFacts } from "../../src/results/manifest.js";
import { prepareDataset } from "../../src/training/prepare.js";

/** What `rp-bench check` runs on. */
export async function soundApparatus(config: CheckConfig) {
  const { dataset, splits } = await prepareDataset(config.dataset, config, { dataDir: undefined, warn() {} });
  const apparatus: Apparatus = {
    splits,
    engine: (threads) => createEngine("native", { threads }),
    multiplyAdd: loadMultiplyAddLoop(),
    throttled: () => ({ all: 0, throttled: 0 }),
    signal: new AbortController().signal,
    note() {},
  };
  return { apparatus, dataset: datasetFacts(dataset) };
}
