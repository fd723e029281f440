// The kernels under an engine. An implementation is not responsible for: checking that rates and sizes make sense
// (sessions do), looking for divergence beyond saying whether parameters are finite, clocks, or yielding to the event
// loop. It is responsible for giving the same result whatever its thread count; the compiled ones also allocate nothing
// large in a step.
//
// Letters, kept throughout: l a weight layer, s a sample, k an output, S = rows × outputs.
//   z_l = W_l a_l + b_l,  a_{l+1} = f(z_l),  a_0 = the input,  the last z is the (linear) output y.

import type { Activation, FloatArray } from "../model/architecture.js";
import type { CurvatureBound, Loss } from "../model/objective.js";

export interface NetworkShape {
  layerSizes: readonly number[];
  activation: Activation;
  /** The most rows one call will have. */
  rows: number;
  loss: Loss;
  /** What stands for L'' of the cross-entropy; the mean squared error has its own, 2. */
  curvatureBound: CurvatureBound;
}

/** What a curvature kernel gives: h of eq. (6), which bounds the Gauss-Newton matrix, or that matrix's own diagonal. */
export type Diagonal = "residual-partitioning" | "gauss-newton";

/** Momentum of an update: its buffer (null: none), coefficient and form. */
export interface Momentum {
  buffer: FloatArray | null;
  coefficient: number;
  nesterov: boolean;
}

/** A moving average that takes the curvature's place in an update (null: none); decay 0 starts it. */
export interface CurvatureAverage {
  buffer: FloatArray | null;
  decay: number;
  /** With a buffer: the greater of the curvature and the new average takes its place. */
  safeguard: boolean;
}

/** What Adam or a relative of it keeps; what is absent or null it does not have. */
export interface AdamState {
  /** null: the gradient takes its place. */
  firstMoment: FloatArray | null;
  secondMoment: FloatArray;
  /** The largest second moment so far, which then takes its place. */
  largest?: FloatArray | null;
  /** Momentum of the quotient; goes with neither a first moment nor the largest. */
  velocity?: FloatArray | null;
}

export interface AdamConstants {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Counted from 1; 0: the moments are biased by nothing that has to be corrected. */
  step: number;
  /** The factor of a new square, 1 − β₂ where absent. */
  squares?: number;
  /** Of the parameters themselves, times the learning rate; 0 where absent. */
  weightDecay?: number;
  /** Of the velocity; 0 where absent. */
  momentum?: number;
}

/** What Sophia keeps: the averages of gradient and curvature. */
export interface SophiaState {
  firstMoment: FloatArray;
  average: FloatArray;
}

export interface SophiaConstants {
  learningRate: number;
  beta1: number;
  beta2: number;
  gamma: number;
  epsilon: number;
  weightDecay: number;
}

/** The kernels of one network, over its preallocated buffers. All arrays have the network's one precision. */
export interface NetworkKernels {
  /** Runs the network on inputs [rows × inputs]; the calls below use what it left. */
  forward(parameters: FloatArray, inputs: FloatArray, rows: number): void;
  /**
   * The mean of the network's loss to targets [rows × outputs], over all S values; keeps its derivative L' / S. The losses
   * stand in src/model/objective.ts.
   */
  loss(targets: FloatArray, rows: number): number;
  /** After loss: the gradient of that mean, laid out like parameters. */
  gradient(parameters: FloatArray, inputs: FloatArray, rows: number, gradient: FloatArray): void;
  /**
   * After forward (and after gradient, whose buffers it overwrites): rows first..last−1 of the denominators of
   * eq. (6) with the loss's L'', exact (`outputs` null) or estimated from a sample of the outputs, in ascending order. Slices go in order;
   * the one that ends at `rows` writes `curvature`, laid out like parameters. Slicing changes no result; it lets an
   * engine yield between slices.
   */
  curvature(
    parameters: FloatArray,
    inputs: FloatArray,
    rows: number,
    first: number,
    last: number,
    outputs: Int32Array | null,
    curvature: FloatArray,
  ): void;
  /**
   * As `curvature`, but the diagonal of the Gauss-Newton matrix itself, (1/S) Σ_s L''_s J_si². From a sample of m of the K
   * outputs the hidden layers' sums are scaled by K / m, and the output layer's part is exact.
   */
  gaussNewton: NetworkKernels["curvature"];
  /** w ← w − λ v, v ← μ v + g. Like the other updates, returns whether every parameter is still finite. */
  sgd(parameters: FloatArray, gradient: FloatArray, learningRate: number, momentum: Momentum): boolean;
  /**
   * m ← β₁ m + (1 − β₁) g,  v ← β₂ v + squares · s²,  w ← (w − λ · decay · w) − λ m̂ / (√v̂ + ε), ^ correcting the bias; s is the
   * gradient or, where it is given, the `signal`.
   */
  adam(
    parameters: FloatArray,
    gradient: FloatArray,
    state: AdamState,
    constants: AdamConstants,
    signal?: FloatArray | null,
  ): boolean;
  /**
   * m ← β₁ m + (1 − β₁) g,  h ← β₂ h + (1 − β₂) curvature where there is one, w ← (w − λ · decay · w) − λ clip(m / max(γ h, ε), 1)
   */
  sophia(
    parameters: FloatArray,
    gradient: FloatArray,
    curvature: FloatArray | null,
    state: SophiaState,
    constants: SophiaConstants,
  ): boolean;
  /**
   * Eq. (6): w ← w − λ d with d = g / q, 0 where q = 0. The denominator q is h, the average of h, or the greater of the two;
   * with an exponent p below 1 it is q̄ (q / q̄)^p, q̄ the mean of q over all parameters.
   */
  residualPartitioning(
    parameters: FloatArray,
    gradient: FloatArray,
    curvature: FloatArray,
    learningRate: number,
    momentum: Momentum,
    average: CurvatureAverage,
    exponent: number,
  ): boolean;
  /** The same d, into `direction`; renews the average, and changes no parameter. */
  rpDirection(
    gradient: FloatArray,
    curvature: FloatArray,
    average: CurvatureAverage,
    exponent: number,
    direction: FloatArray,
  ): void;
  /**
   * After forward with the same parameters: the derivative J v of the outputs along `direction` v, into out
   * [rows × outputs]. A tangent is carried forwards, dz_l = W_l da_l + V_l a_l + v_l, da_{l+1} = f'(z_l) dz_l, da_0 = 0.
   */
  jacobianProduct(
    parameters: FloatArray,
    inputs: FloatArray,
    rows: number,
    direction: FloatArray,
    out: FloatArray,
  ): void;
  /**
   * After forward: the coefficients of model (1) along two changes u and v of the outputs, `first` and `second`
   * [rows × outputs] (null: zeros), into sums, of length 5: [Σ L'' u², Σ L'' u v, Σ L'' v², Σ L' u, Σ L' v] / S.
   */
  quadraticModel(
    targets: FloatArray,
    rows: number,
    first: FloatArray,
    second: FloatArray | null,
    sums: Float64Array,
  ): void;
  /** Δ = −α d + μ previous, w ← w + Δ, previous ← Δ. */
  moveAlong(
    parameters: FloatArray,
    direction: FloatArray,
    previous: FloatArray,
    alpha: number,
    mu: number,
  ): boolean;
  /**
   * Zeros that calls take as they are, where they would copy an array that lies elsewhere; null where no more has room.
   * Absent where every array is taken as it is.
   */
  array?(length: number): Float32Array | null;
  /** Frees what the network holds; harmless when repeated. */
  dispose(): void;
}

export interface Kernels {
  readonly name: "native" | "wasm" | "reference";
  /** What runs: "avx512", "avx2", "neon" and "portable" (native), "simd128" (wasm), "javascript" (reference). */
  readonly instructionSet: string;
  readonly threads: number;
  createNetwork(shape: NetworkShape, precision: "single" | "double"): NetworkKernels;
}
