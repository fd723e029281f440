import type { OptimizerEntry } from "../config/schema.js";
import type { DatasetName } from "../data/catalogue.js";
import type { Activation } from "../model/architecture.js";
import type { CurvatureBound, Loss } from "../model/objective.js";
import type { RunRecord } from "../results/run-record.js";

/** All that decides a run's numbers, but for the data and the engine. */
export interface RunSpec {
  /** Names the dataset and what is done with it. */
  problem: string;
  /** For people. */
  title: string;
  dataset: DatasetName;
  entry: OptimizerEntry;
  /** What of the entry a study's search chose, as file names have it. */
  variant: string;
  role: RunRecord["role"];
  layerSizes: readonly number[];
  activation: Activation;
  loss: Loss;
  /** Of the cross-entropy; by default that of a session. */
  curvatureBound?: CurvatureBound | undefined;
  batchSize: number;
  epochs: number;
  evalEvery: number | null;
  seed: number;
  saveParameters: boolean;
  /** Where its log is written, row by row. */
  logPath: string;
}
