import type { Tensor, Variable } from "@tensorflow/tfjs-core";

/** An optimizer over TensorFlow.js's variables, whose rate may warm up. */
export interface TfOptimizer {
  /** @param step counted from 1 */
  applyGradients(gradients: { name: string; tensor: Tensor }[], step: number): void;
  /** What it keeps from one step to the next, by name; a list is empty before the first step. */
  kept(): Record<string, Variable[]>;
  /** Makes such a list of a fresh optimizer as long as this one, with its shapes. */
  begin(name: string, like: readonly Variable[]): void;
  dispose(): void;
}
