import { z } from "zod";

/** Where TensorFlow.js can compute. */
export const BACKEND_NAMES = ["tensorflow", "webgpu", "wasm", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

export const DEFAULT_TENSOR_MEGABYTES = 512;

export const tfjsOptionsSchema = z.object({
  backend: z
    .enum(["auto", ...BACKEND_NAMES], { error: `must be one of auto, ${BACKEND_NAMES.join(", ")}` })
    .default("auto"),
  /** The most that intermediate tensors of a curvature pass may take. */
  tensorMegabytes: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(2 ** 20, "must be at most 1048576")
    .default(DEFAULT_TENSOR_MEGABYTES),
});
export type TfjsOptions = z.input<typeof tfjsOptionsSchema>;
