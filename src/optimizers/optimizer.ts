import type { NetworkKernels } from "../kernels/kernels.js";
import type { FloatArray } from "../model/architecture.js";

/** What an update may use; arrays are flat, laid out like the parameters. */
export interface UpdateInput {
  kernels: NetworkKernels;
  /** Changed in place. */
  parameters: FloatArray;
  /** Of the batch's mean loss. */
  gradient: FloatArray;
  /** Denominators of eq. (6); filled only for an optimizer with `needsCurvature`. */
  curvature: FloatArray;
  /** The batch [rows × inputs], which is also the targets; the kernels' forward pass was over it. */
  inputs: FloatArray;
  rows: number;
  /** Which step of the run this is, counted from 1. */
  step: number;
}

/** What an optimizer computed for itself at a step, where its learning rate is "auto". */
export interface ChosenRates {
  learningRate: number;
  momentum: number;
}

/**
 * An optimizer with its state. Its one method is the update rule; derivatives are made elsewhere. What it keeps from one
 * step to the next is in arrays of its StateFactory alone, and what else changes follows from the number of the step:
 * these arrays and that number are what a checkpoint holds, so that a run goes on as if nothing had disturbed it.
 */
export interface Optimizer {
  readonly needsCurvature: boolean;
  /** Of the last update, renewed in place; absent where the rates are given. */
  readonly chosen?: Readonly<ChosenRates>;
  /** Returns whether every parameter is finite afterwards. */
  update(input: UpdateInput): boolean;
}

/** Makes state arrays of the parameters' precision, filled with 0: as many as there are parameters, or outputs of a batch. */
export type StateFactory = (of?: "parameters" | "outputs") => FloatArray;
