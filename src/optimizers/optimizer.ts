import type { Diagonal, NetworkKernels } from "../kernels/kernels.js";
import type { FloatArray } from "../model/architecture.js";

/** What an update may use; arrays are flat, laid out like the parameters. */
export interface UpdateInput {
  kernels: NetworkKernels;
  /** Changed in place. */
  parameters: FloatArray;
  /** Of the batch's mean loss. */
  gradient: FloatArray;
  /**
   * The optimizer's diagonal, denominators of eq. (6) unless it says otherwise; filled only for an optimizer with
   * `needsCurvature`, and only at the steps where `isRenewed`.
   */
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
  /** Which diagonal it needs; absent: that of residual partitioning. */
  readonly diagonal?: Diagonal;
  /** From one step whose curvature is computed to the next; absent: 1. */
  readonly curvatureInterval?: number;
  /** Of the last update, renewed in place; absent where the rates are given. */
  readonly chosen?: Readonly<ChosenRates>;
  /** Returns whether every parameter is finite afterwards. */
  update(input: UpdateInput): boolean;
}

/** Whether curvature is computed anew at a step, counted from 1: at the first, and every `interval` steps from there. */
export function isRenewed(step: number, interval = 1): boolean {
  return (step - 1) % interval === 0;
}

/** Makes state arrays of the parameters' precision, filled with 0: as many as there are parameters, or outputs of a batch. */
export type StateFactory = (of?: "parameters" | "outputs") => FloatArray;
