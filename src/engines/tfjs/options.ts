/** Where TensorFlow.js can compute. */
export const BACKEND_NAMES = ["tensorflow", "webgpu", "wasm", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export const DEFAULT_TENSOR_MEGABYTES = 512;

export interface TfjsOptions {
  backend?: BackendName | "auto" | undefined;
  /** The most that intermediate tensors of a curvature pass may take. */
  tensorMegabytes?: number | undefined;
}
