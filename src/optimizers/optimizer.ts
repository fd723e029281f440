import type { NetworkKernels } from "../kernels/kernels.js";
import type { FloatArray } from "../model/architecture.js";

/** What an update may use; arrays are flat, laid out like the parameters. */
export interface UpdateInput {
  kernels: NetworkKernels;
  /** Changed in place. */
  parameters: FloatArray;
  /** Of the mean squared error. */
  gradient: FloatArray;
  /** Denominators of eq. (6); filled as the optimizer's `curvature` says. */
  curvature: FloatArray;
}

/** An optimizer with its state. Its one method is the update rule; derivatives are made elsewhere. */
export interface Optimizer {
  /** What an update needs of eq. (6): nothing, all of it, or an estimate from so many outputs. */
  readonly curvature: "none" | "exact" | { outputs: number };
  /** Returns whether every parameter is finite afterwards. */
  update(input: UpdateInput): boolean;
}

/** Makes state arrays of the parameters' count and precision, filled with 0. */
export type StateFactory = () => FloatArray;
