// What the page and the workers that train say to each other.

import type { Images } from "../../src/data/load.js";
import type { Activation } from "../../src/model/architecture.js";
import type { OptimizerOptions } from "../../src/optimizers/registry.js";
import type { LogRow } from "../../src/results/run-log.js";
import type { TrainingResult } from "../../src/training/train.js";

/** What is trained, the same for every optimizer. */
export interface Problem {
  /** Units, from the input to the output. */
  layerSizes: readonly number[];
  activation: Activation;
  batchSize: number;
  epochs: number;
  seed: number;
}

export interface Start {
  kind: "start";
  /** The kernels, compiled. */
  module: WebAssembly.Module;
  images: Images;
  problem: Problem;
  optimizer: OptimizerOptions;
}

export type Order = Start | { kind: "pause" } | { kind: "resume" } | { kind: "stop" };

export type Report =
  /** Losses of batches, of the steps after those that were told before. */
  | { kind: "steps"; losses: number[] }
  /** Losses of whole splits, and what the network makes of the images that are shown, one byte a value. */
  | { kind: "row"; row: LogRow; shown: Uint8ClampedArray[] }
  | {
      kind: "end";
      status: TrainingResult["status"];
      reason: string | null;
      step: number;
      stepMilliseconds: number | null;
    };
