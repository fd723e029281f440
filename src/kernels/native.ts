// The compiled kernels. They check type, length and range of every argument themselves (native/addon.cc); that no two
// arrays of a call are the same is the session's doing.

import { isErrorCode, messageOf, RpBenchError } from "../errors.js";
import { ACTIVATIONS } from "../model/architecture.js";
import { CURVATURE_BOUNDS } from "../model/objective.js";
import { usableCores } from "../processors.js";
import { type Addon, type Handle, loadAddon } from "./addon.js";
import type { Kernels, NetworkKernels } from "./kernels.js";

const MOST_THREADS = 256;
/** The add-on's codes for eq. (6) and for the diagonal of the Gauss-Newton matrix. */
const RESIDUAL_PARTITIONING = 0;
const GAUSS_NEWTON = 1;

/**
 * The native kernels.
 *
 * `RP_BENCH_INSTRUCTION_SET` (avx512, avx2, neon or portable) takes other kernels than the processor's own (dispatch.cc).
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE, with why they are not there and what brings them.
 */
export function loadNativeKernels(options: { threads?: number | undefined } = {}): Kernels {
  requireThreads(options.threads);
  const threads = options.threads ?? Math.min(usableCores(), MOST_THREADS);
  const { addon } = loadAddon();
  const instructionSet = process.env.RP_BENCH_INSTRUCTION_SET ?? "";
  return {
    name: "native",
    instructionSet: withCode(() => addon.instructionSet(instructionSet)),
    threads,
    createNetwork({ layerSizes, activation, loss, curvatureBound, rows }, precision) {
      if (precision === "double") {
        throw new RpBenchError(
          "INVALID_ARGUMENT",
          "parameters: the native engine computes in float32, got a Float64Array; use the reference engine",
        );
      }
      const code = ACTIVATIONS.indexOf(activation);
      const objective = loss === "mse" ? 0 : 1 + CURVATURE_BOUNDS.indexOf(curvatureBound);
      return bind(
        addon,
        withCode(() =>
          addon.createNetwork(Int32Array.from(layerSizes), code, objective, rows, threads, instructionSet),
        ),
      );
    },
  };
}

/**
 * A fixed piece of arithmetic on one thread, the same whatever the kernels: `rounds` times 2^21 products and sums.
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE
 */
export function loadMultiplyAddLoop(): (rounds: number) => void {
  const { addon } = loadAddon();
  return (rounds) => {
    withCode(() => addon.multiplyAdd(rounds));
  };
}

/** @throws RpBenchError CONFIG_INVALID unless it is left out or from 1 to 256. */
export function requireThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) return;
  const message = `threads: must be a whole number from 1 to ${MOST_THREADS}, got ${threads}`;
  throw new RpBenchError("CONFIG_INVALID", message);
}

function bind(addon: Addon, network: Handle): NetworkKernels {
  let disposed = false;
  const diagonal =
    (which: number): NetworkKernels["curvature"] =>
    (parameters, inputs, rows, first, last, outputs, out) =>
      withCode(() => addon.curvature(network, rows, first, last, parameters, inputs, outputs, which, out));
  return {
    forward: (parameters, inputs, rows) => withCode(() => addon.forward(network, rows, parameters, inputs)),
    loss: (targets, rows) => withCode(() => addon.loss(network, rows, targets)),
    gradient: (parameters, inputs, rows, gradient) =>
      withCode(() => addon.gradient(network, rows, parameters, inputs, gradient)),
    curvature: diagonal(RESIDUAL_PARTITIONING),
    gaussNewton: diagonal(GAUSS_NEWTON),
    sgd: (parameters, gradient, learningRate, { buffer, coefficient, nesterov }) =>
      withCode(() => addon.sgd(network, parameters, gradient, learningRate, buffer, coefficient, nesterov)),
    adam: (
      parameters,
      gradient,
      { firstMoment, secondMoment, largest = null, velocity = null },
      { learningRate, beta1, beta2, epsilon, step, squares = 1 - beta2, weightDecay = 0, momentum = 0 },
      signal = null,
    ) =>
      withCode(() =>
        addon.adam(
          network,
          parameters,
          gradient,
          signal,
          firstMoment,
          secondMoment,
          largest,
          velocity,
          learningRate,
          weightDecay,
          beta1,
          beta2,
          squares,
          epsilon,
          step,
          momentum,
        ),
      ),
    sophia: (parameters, gradient, curvature, { firstMoment, average }, constants) =>
      withCode(() =>
        addon.sophia(
          network,
          parameters,
          gradient,
          curvature,
          firstMoment,
          average,
          constants.learningRate,
          constants.weightDecay,
          constants.beta1,
          constants.beta2,
          constants.gamma,
          constants.epsilon,
        ),
      ),
    residualPartitioning: (parameters, gradient, curvature, rate, momentum, average, exponent) =>
      withCode(() =>
        addon.residualPartitioning(
          network,
          parameters,
          gradient,
          curvature,
          rate,
          momentum.buffer,
          momentum.coefficient,
          momentum.nesterov,
          average.buffer,
          average.decay,
          average.safeguard,
          exponent,
        ),
      ),
    rpDirection: (gradient, curvature, { buffer, decay, safeguard }, exponent, direction) =>
      withCode(() =>
        addon.direction(network, gradient, curvature, buffer, decay, safeguard, exponent, direction),
      ),
    // The weights are those that the forward pass before it packed.
    jacobianProduct: (_parameters, inputs, rows, direction, product) =>
      withCode(() => addon.jacobianProduct(network, rows, inputs, direction, product)),
    quadraticModel: (targets, rows, first, second, sums) =>
      withCode(() => addon.quadraticModel(network, rows, targets, first, second, sums)),
    moveAlong: (parameters, direction, previous, alpha, mu) =>
      withCode(() => addon.moveAlong(network, parameters, direction, previous, alpha, mu)),
    dispose() {
      if (!disposed) addon.disposeNetwork(network);
      disposed = true;
    },
  };
}

/** The add-on's errors carry our codes; here they become our class. */
function withCode<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (!isErrorCode(code)) throw error;
    throw new RpBenchError(code, messageOf(error), { cause: error });
  }
}
