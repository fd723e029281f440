import { z } from "zod";

/** Where TensorFlow.js can compute. */
export const BACKEND_NAMES = ["tensorflow", "webgpu", "wasm", "cpu"] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** Absent where nothing was asked for, so that a folder's manifest does not tell of an engine that it did not use. */
export const tfjsOptionsShape = {
  /** Where TensorFlow.js computes; by default, and for "auto", on the fastest backend that is installed and works. */
  backend: z
    .enum(["auto", ...BACKEND_NAMES], { error: `must be one of auto, ${BACKEND_NAMES.join(", ")}` })
    .optional(),
  /**
   * MiB for the derivatives of outputs by hidden units, which a curvature pass makes for as many samples at a time as fit,
   * at least one. Parameters, the optimizer's state and all else that a plain training step has come on top. By default
   * what is fastest on the backend.
   */
  tensorMegabytes: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(2 ** 20, "must be at most 1048576")
    .optional(),
};
export const tfjsOptionsSchema = z.object(tfjsOptionsShape);
export type TfjsOptions = z.input<typeof tfjsOptionsSchema>;
