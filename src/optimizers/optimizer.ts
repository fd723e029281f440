import type { NetworkKernels } from "../kernels/kernels.js";
import type { FloatArray } from "../model/architecture.js";

/** What an update may use; arrays are flat, laid out like the parameters. */
export interface UpdateInput {
  kernels: NetworkKernels;
  /** Changed in place. */
  parameters: FloatArray;
  /** Of the mean squared error. */
  gradient: FloatArray;
  /** Denominators of eq. (6); filled only for an optimizer with `needsCurvature`. */
  curvature: FloatArray;
}

/** An optimizer with its state. Its one method is the update rule; derivatives are made elsewhere. */
export interface Optimizer {
  readonly needsCurvature: boolean;
  /** Returns whether every parameter is finite afterwards. */
  update(input: UpdateInput): boolean;
}

/** Makes state arrays of the parameters' count and precision, filled with 0. */
export type StateFactory = () => FloatArray;
