// How the kernels' calls are made, of the add-on's or of WebAssembly's, which take the same arguments. Nothing here needs
// Node.

import { isErrorCode, messageOf, RpBenchError } from "../errors.js";
import { ACTIVATIONS } from "../model/architecture.js";
import { CURVATURE_BOUNDS } from "../model/objective.js";
import type { Addon } from "./addon.js";
import type { NetworkKernels, NetworkShape } from "./kernels.js";

/** What computes on a network, H what stands for it. */
export type NetworkCalls<H> = Omit<Addon<H>, "createNetwork" | "instructionSet" | "multiplyAdd">;

/** The calls' codes for eq. (6) and for the diagonal of the Gauss-Newton matrix. */
const RESIDUAL_PARTITIONING = 0;
const GAUSS_NEWTON = 1;

/** A network's functions, as the calls that create it have them. */
export function codesOf({ activation, loss, curvatureBound }: NetworkShape) {
  return {
    activation: ACTIVATIONS.indexOf(activation),
    objective: loss === "mse" ? 0 : 1 + CURVATURE_BOUNDS.indexOf(curvatureBound),
  };
}

/** @throws RpBenchError INVALID_ARGUMENT */
export function requireSingle(engine: string, precision: "single" | "double"): void {
  if (precision === "single") return;
  throw new RpBenchError(
    "INVALID_ARGUMENT",
    `parameters: the ${engine} engine computes in float32, got a Float64Array; use the reference engine`,
  );
}

/** A network's kernels over the calls that compute, those of the add-on or of WebAssembly. */
export function bind<H>(addon: NetworkCalls<H>, network: H): NetworkKernels {
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
export function withCode<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (!isErrorCode(code)) throw error;
    throw new RpBenchError(code, messageOf(error), { cause: error });
  }
}
