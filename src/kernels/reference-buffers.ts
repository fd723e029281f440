import type { FloatArray } from "../model/architecture.js";

/** Buffers of a network, filled by forward and loss. */
export interface ReferenceBuffers {
  /** a_{l+1} [rows × outputs of l]; the last is y. */
  activations: FloatArray[];
  /** f'(z_l) [rows × outputs of l]. */
  derivatives: FloatArray[];
  /** ∂loss/∂z_l [rows × outputs of l]. */
  deltas: FloatArray[];
}
