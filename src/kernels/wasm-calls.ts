// The calls of addon.cc, made to an instance of WebAssembly: the same arguments, checks and messages.

import { RpBenchError } from "../errors.js";
import type { NetworkCalls } from "./bind.js";
import { Arguments, type Region, requireInteger, requireNumber } from "./wasm-memory.js";

/** What native/wasm/module.cc exports. */
export type Exports = Record<(typeof FUNCTIONS)[number], (...values: number[]) => number> & {
  memory?: WebAssembly.Memory;
  __stack_pointer?: WebAssembly.Global;
};
const FUNCTIONS = [
  ...([
    "sizes",
    "take",
    "createNetwork",
    "work",
    "stop",
    "forward",
    "loss",
    "gradient",
    "curvature",
  ] as const),
  ...(["sgd", "adam", "sophia", "residualPartitioning", "direction"] as const),
  ...(["jacobianProduct", "quadraticModel", "moveAlong"] as const),
] as const;

/** One network and the instance that holds it. */
export interface WasmNetwork {
  exports: Exports;
  memory: WebAssembly.Memory;
  pointer: number;
  inputs: number;
  outputs: number;
  parameters: number;
  rows: number;
  /** What calls copy their arguments to. */
  region: Region;
  disposed: boolean;
}

const LARGEST = 3.4028234663852886e38;

/** Checks the arguments as the add-on does, and calls. */
function call<T>(network: WasmNetwork, work: (given: Arguments, exports: Exports) => T): T {
  if (network.disposed) throw new RpBenchError("DISPOSED", "this session has been disposed");
  const given = new Arguments(network.memory, network.region);
  const result = work(given, network.exports);
  given.copyBack();
  return result;
}

const rate = (value: number) => requireNumber("learning rate", value, 0, LARGEST);
const share = (name: string, value: number) => requireNumber(name, value, 0, 1);
const rowsOf = (network: WasmNetwork, rows: number) => requireInteger("rows", rows, 1, network.rows);
const decayOf = (value: number) => requireNumber("weight decay", value, 0, LARGEST);

export const wasmCalls: NetworkCalls<WasmNetwork> = {
  disposeNetwork(network) {
    if (network.disposed) return;
    network.disposed = true;
    network.exports.stop(network.pointer);
  },
  forward: (network, rows, parameters, inputs) =>
    call(network, (given, exports) => {
      const count = rowsOf(network, rows);
      const w = given.reads("parameters", parameters, network.parameters);
      exports.forward(network.pointer, count, w, given.reads("inputs", inputs, count * network.inputs));
    }),
  loss: (network, rows, targets) =>
    call(network, (given, exports) => {
      const count = rowsOf(network, rows);
      return exports.loss(network.pointer, count, given.reads("targets", targets, count * network.outputs));
    }),
  gradient: (network, rows, parameters, inputs, gradient) =>
    call(network, (given, exports) => {
      const count = rowsOf(network, rows);
      exports.gradient(
        network.pointer,
        count,
        given.reads("parameters", parameters, network.parameters),
        given.reads("inputs", inputs, count * network.inputs),
        given.writes("gradient", gradient, network.parameters),
      );
    }),
  curvature: (network, rows, first, last, parameters, inputs, outputs, diagonal, curvature) =>
    call(network, (given, exports) => {
      const count = rowsOf(network, rows);
      const sample = given.outputs(outputs, network.outputs);
      requireInteger("first row", first, 0, count - 1);
      requireInteger("last row", last, first + 1, count);
      const w = given.reads("parameters", parameters, network.parameters);
      const a = given.reads("inputs", inputs, count * network.inputs);
      // A slice that is not the last writes nothing, so what stands there comes in and goes out again.
      const h = given.updates("curvature", curvature, network.parameters);
      const which = requireInteger("diagonal", diagonal, 0, 1);
      exports.curvature(network.pointer, count, first, last, w, a, sample.pointer, sample.count, which, h);
    }),
  sgd: (network, parameters, gradient, learningRate, buffer, coefficient, nesterov) =>
    call(network, (given, { sgd }) => {
      const { pointer, parameters: count } = network;
      const w = given.updates("parameters", parameters, count);
      const g = given.reads("gradient", gradient, count);
      const v = given.updatesSome("momentum buffer", buffer, count);
      return (
        sgd(pointer, w, g, rate(learningRate), v, share("momentum", coefficient), Number(nesterov)) !== 0
      );
    }),
  adam: (network, parameters, gradient, signal, firstMoment, secondMoment, largest, velocity, ...numbers) =>
    call(network, (given, exports) => {
      const { pointer, parameters: count } = network;
      const [learningRate, weightDecay, beta1, beta2, squares, epsilon, step, momentum] = numbers;
      if (velocity && (firstMoment || largest)) {
        const message = "velocity: goes with neither a first nor a largest moment";
        throw new RpBenchError("INVALID_ARGUMENT", message);
      }
      const finite = exports.adam(
        pointer,
        given.updates("parameters", parameters, count),
        given.reads("gradient", gradient, count),
        given.readsSome("signal", signal, count),
        given.updatesSome("first moment", firstMoment, count),
        given.updates("second moment", secondMoment, count),
        given.updatesSome("largest moment", largest, count),
        given.updatesSome("velocity", velocity, count),
        rate(learningRate),
        decayOf(weightDecay),
        share("beta1", beta1),
        share("beta2", beta2),
        share("factor of the squares", squares),
        requireNumber("epsilon", epsilon, 0, LARGEST),
        requireNumber("step", step, 0, Number.MAX_SAFE_INTEGER),
        share("momentum", momentum),
      );
      return finite !== 0;
    }),
  sophia: (network, parameters, gradient, curvature, firstMoment, average, ...numbers) =>
    call(network, (given, exports) => {
      const { pointer, parameters: count } = network;
      const [learningRate, weightDecay, beta1, beta2, gamma, epsilon] = numbers;
      const finite = exports.sophia(
        pointer,
        given.updates("parameters", parameters, count),
        given.reads("gradient", gradient, count),
        given.readsSome("curvature", curvature, count),
        given.updates("first moment", firstMoment, count),
        given.updates("average", average, count),
        rate(learningRate),
        decayOf(weightDecay),
        share("beta1", beta1),
        share("beta2", beta2),
        requireNumber("gamma", gamma, 0, LARGEST),
        requireNumber("epsilon", epsilon, 0, LARGEST),
      );
      return finite !== 0;
    }),
  residualPartitioning: (network, parameters, gradient, curvature, learningRate, buffer, ...rest) =>
    call(network, (given, exports) => {
      const { pointer, parameters: count } = network;
      const [coefficient, nesterov, average, decay, safeguard, exponent] = rest;
      const finite = exports.residualPartitioning(
        pointer,
        given.updates("parameters", parameters, count),
        given.reads("gradient", gradient, count),
        given.reads("curvature", curvature, count),
        rate(learningRate),
        given.updatesSome("momentum buffer", buffer, count),
        share("momentum", coefficient),
        Number(nesterov),
        given.updatesSome("average", average, count),
        share("decay", decay),
        Number(safeguard),
        share("exponent", exponent),
      );
      return finite !== 0;
    }),
  direction: (network, gradient, curvature, average, decay, safeguard, exponent, direction) =>
    call(network, (given, exports) => {
      const { pointer, parameters: count } = network;
      exports.direction(
        pointer,
        given.reads("gradient", gradient, count),
        given.reads("curvature", curvature, count),
        given.updatesSome("average", average, count),
        share("decay", decay),
        Number(safeguard),
        share("exponent", exponent),
        given.writes("direction", direction, count),
      );
    }),
  jacobianProduct: (network, rows, inputs, direction, product) =>
    call(network, (given, exports) => {
      const count = rowsOf(network, rows);
      exports.jacobianProduct(
        network.pointer,
        count,
        given.reads("inputs", inputs, count * network.inputs),
        given.reads("direction", direction, network.parameters),
        given.writes("product", product, count * network.outputs),
      );
    }),
  quadraticModel: (network, rows, targets, first, second, sums) =>
    call(network, (given, exports) => {
      const count = rowsOf(network, rows);
      const values = count * network.outputs;
      exports.quadraticModel(
        network.pointer,
        count,
        given.reads("targets", targets, values),
        given.reads("first product", first, values),
        given.readsSome("second product", second, values),
        given.writesDoubles("sums", sums, 5),
      );
    }),
  moveAlong: (network, parameters, direction, previous, alpha, mu) =>
    call(network, (given, exports) => {
      const { pointer, parameters: count } = network;
      const finite = exports.moveAlong(
        pointer,
        given.updates("parameters", parameters, count),
        given.reads("direction", direction, count),
        given.updates("previous step", previous, count),
        requireNumber("alpha", alpha, -LARGEST, LARGEST),
        requireNumber("mu", mu, -LARGEST, LARGEST),
      );
      return finite !== 0;
    }),
};
