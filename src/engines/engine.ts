// What an engine is: something that trains a dense autoencoder step by step. An implementation is not responsible
// for the data, the order of batches, the training clock or for deciding that a run has diverged.

import { z } from "zod";
import { activationSchema, type FloatArray, layerSizesSchema } from "../model/architecture.js";
import { curvatureBoundSchema, lossSchema } from "../model/objective.js";
import type { ChosenRates } from "../optimizers/optimizer.js";
import { optimizerSchema } from "../optimizers/registry.js";
import { isFloat32Array, isFloat64Array } from "../typed-arrays.js";

/** A new engine is a name here and its constructor in create-engine.ts. */
export const ENGINE_NAMES = ["native", "wasm", "reference", "tfjs"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export const sessionOptionsSchema = z.strictObject({
  /** Units, input to output: [784, 256, 64, 256, 784]. */
  layerSizes: layerSizesSchema,
  /** Of the hidden units; the output is linear. */
  activation: activationSchema.default("tanh"),
  /**
   * "mse", the mean squared error, or "cross-entropy": pixels are then the means of Bernoulli variables, the network's
   * outputs their logits, and values of batches must lie in 0..1.
   */
  loss: lossSchema.default("mse"),
  /** What stands for L'' of the cross-entropy in RP's curvature: "jaakkola-jordan", "exact" or "boehning". */
  curvatureBound: curvatureBoundSchema.default("jaakkola-jordan"),
  optimizer: optimizerSchema,
  /** Layer by layer: weights [outputs × inputs] row-major, then biases. Copied. Float64Array: double precision. */
  parameters: z.custom<FloatArray>(
    (value) => isFloat32Array(value) || isFloat64Array(value),
    "must be a Float32Array or a Float64Array",
  ),
  /** Rows of a training batch. */
  batchSize: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(2 ** 20, "must be at most 1048576")
    .default(100),
  /** Of the session's own random choices. */
  seed: z.int("must be a whole number").default(0),
});
export type SessionOptions = z.input<typeof sessionOptionsSchema>;

export interface StepResult {
  /** The mean loss of the batch, before the update. */
  loss: number;
  /** Whether every parameter is finite after the update. */
  parametersFinite: boolean;
  /** The learning rate and momentum of the update where the optimizer computed them itself: its rate is "auto". */
  chosen?: ChosenRates;
}

/** An array of a session's state. */
export type StateArray = FloatArray | Int32Array | Uint8Array;
/**
 * All that the next steps of a session depend on beside its options, by name: the parameters, the number of steps, the
 * optimizer's arrays, the state of random choices.
 */
export type SessionState = Readonly<Record<string, StateArray>>;

/**
 * One model with its optimizer. Calls that return a promise may overlap; they run in the order they were made. An array
 * given to one must not change until its promise settles.
 */
export interface Session {
  /** One update on a batch [batchSize × inputs], values 0..1. */
  step(batch: FloatArray): Promise<StepResult>;
  /** The gradient of the batch's mean loss, laid out like the parameters. */
  gradient(batch: FloatArray): Promise<FloatArray>;
  /** The same, with the loss itself. */
  lossAndGradient(batch: FloatArray): Promise<{ loss: number; gradient: FloatArray }>;
  /** The denominators h of eq. (6), always exact, laid out like the parameters. */
  curvature(batch: FloatArray): Promise<FloatArray>;
  /** The mean loss over any number of rows [rows × inputs]. */
  evaluate(images: FloatArray): Promise<number>;
  /** A copy. Throws RpBenchError BUSY while a call is under way, like setParameters. */
  parameters(): FloatArray;
  /** Replaces the parameters; the optimizer's state stays. */
  setParameters(parameters: FloatArray): void;
  /** A copy of the state. A session without it begins a run that was interrupted again. */
  save?(): Promise<SessionState>;
  /**
   * Goes on as a session with the same options did after it was saved.
   *
   * @throws RpBenchError INVALID_ARGUMENT where it is the state of another session
   */
  restore?(state: SessionState): Promise<void>;
  /**
   * Frees the session; harmless when repeated. Any other call afterwards, and one under way at its next pause, throws
   * RpBenchError DISPOSED.
   */
  dispose(): void;
}

/** What training needs of a session. */
export type TrainingSession = Pick<
  Session,
  "step" | "evaluate" | "parameters" | "save" | "restore" | "dispose"
>;

export interface EngineDescription {
  name: EngineName;
  /** What runs: "avx2", "portable" (native), "simd128" (wasm), "javascript" (reference), a backend (tfjs). */
  instructionSet: string;
  threads: number;
}

export interface Engine {
  readonly description: EngineDescription;
  /** Of what computes that is not part of this package, by name. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  /** @throws RpBenchError CONFIG_INVALID or INVALID_ARGUMENT, naming the option. */
  createSession(options: SessionOptions): Promise<Session>;
}
