// The one problem every benchmark times: the autoencoder at its initialization, a batch of real MNIST digits (or, for
// other image sizes, of noise with MNIST's share of ink), and the default rates.
import { parseArgs } from "node:util";
import { BatchSource } from "../dist/data/batches.js";
import { loadDataset } from "../dist/data/load.js";
import { splitDataset } from "../dist/data/splits.js";
import { initialParameters } from "../dist/index.js";

/** parseArgs, with one line and exit code 2 for what it refuses. */
export function readArguments(options) {
  try {
    return parseArgs({ options });
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n`);
    return process.exit(2);
  }
}

export const LEARNING_RATES = { sgd: 5, adam: 1e-3, rp: 20 };

/** @param {{ inputs?: number, batchSize?: number }} shape */
export async function createProblem({ inputs = 784, batchSize = 100 } = {}) {
  const layerSizes = [inputs, 256, 64, 256, inputs];
  return {
    layerSizes,
    batchSize,
    learningRates: LEARNING_RATES,
    parameters: initialParameters(layerSizes, 0),
    batch: inputs === 784 ? await digits(batchSize) : noise(batchSize * inputs),
  };
}

async function digits(count) {
  const { train } = splitDataset(await loadDataset("mnist"));
  return new BatchSource(train, count, 0).at(0).slice();
}

function noise(count) {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: count }, () => (next() < 0.19 ? next() : 0));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
