// The kernels as plain loops over float32 or float64: the oracle the native ones are tested against, and the
// fallback where they could not be built. Sums are held in double precision and rounded when stored.

import { type FloatArray, layoutOf } from "../model/architecture.js";
import { objectiveOf } from "../model/objective.js";
import type { Kernels, NetworkKernels, NetworkShape } from "./kernels.js";
import type { ReferenceBuffers } from "./reference-buffers.js";
import { type ReferenceCurvature, referenceCurvature } from "./reference-curvature.js";
import { jacobianProduct, quadraticModel } from "./reference-model.js";
import { adam, moveAlong, residualPartitioning, rpDirection, sgd, sophia } from "./reference-updates.js";

export function createReferenceKernels(): Kernels {
  return {
    name: "reference",
    instructionSet: "javascript",
    threads: 1,
    createNetwork: createReferenceNetwork,
  };
}

/** The kernels with what lies under them, for who looks closer than training does. */
export interface ReferenceNetwork extends NetworkKernels {
  readonly buffers: ReferenceBuffers;
  curvature: ReferenceCurvature;
}

const activationFunctions = {
  tanh: { value: Math.tanh, derivative: (a: number) => 1 - a * a },
  relu: { value: (z: number) => Math.max(z, 0), derivative: (a: number) => (a > 0 ? 1 : 0) },
  sigmoid: { value: (z: number) => 1 / (1 + Math.exp(-z)), derivative: (a: number) => a * (1 - a) },
};

export function createReferenceNetwork(
  shape: NetworkShape,
  precision: "single" | "double",
): ReferenceNetwork {
  const layers = layoutOf(shape.layerSizes);
  const array = (length: number): FloatArray =>
    precision === "double" ? new Float64Array(length) : new Float32Array(length);
  const perLayer = () => layers.map(({ outputs }) => array(shape.rows * outputs));
  const buffers: ReferenceBuffers = { activations: perLayer(), derivatives: perLayer(), deltas: perLayer() };
  const { value, derivative } = activationFunctions[shape.activation];
  const objective = objectiveOf(shape.loss, shape.curvatureBound);
  const last = layers.length - 1;
  const curvature = referenceCurvature(layers, buffers, shape.rows, objective);
  let bound: FloatArray | null = null;

  return {
    buffers,

    /** z[s][o] = Σ_i a[s][i] w[o][i] + b[o] */
    forward(parameters, inputs, rows) {
      layers.forEach((layer, l) => {
        const a = l === 0 ? inputs : buffers.activations[l - 1];
        const out = buffers.activations[l];
        const slope = buffers.derivatives[l];
        for (let s = 0; s < rows; s++) {
          for (let o = 0; o < layer.outputs; o++) {
            const at = s * layer.inputs;
            const w = layer.weights + o * layer.inputs;
            let z = parameters[layer.biases + o];
            for (let i = 0; i < layer.inputs; i++) z += parameters[w + i] * a[at + i];
            const unit = s * layer.outputs + o;
            out[unit] = l === last ? z : value(z);
            slope[unit] = l === last ? 1 : derivative(out[unit]);
          }
        }
      });
    },

    /** (1/S) Σ L(y, t), and δ = L'(y, t) / S */
    loss(targets, rows) {
      const { outputs } = layers[last];
      const y = buffers.activations[last];
      const count = rows * outputs;
      let sum = 0;
      for (let n = 0; n < count; n++) {
        sum += objective.value(y[n], targets[n]);
        buffers.deltas[last][n] = objective.slope(y[n], targets[n]) / count;
      }
      return sum / count;
    },

    /** δ_{l−1}[s][i] = f'(z_{l−1})[s][i] Σ_o δ_l[s][o] w[o][i];  g[o][i] = Σ_s δ_l[s][o] a_l[s][i] */
    gradient(parameters, inputs, rows, gradient) {
      gradient.fill(0);
      for (let l = last; l >= 0; l--) {
        const layer = layers[l];
        const a = l === 0 ? inputs : buffers.activations[l - 1];
        const below = new Float64Array(layer.inputs);
        for (let s = 0; s < rows; s++) {
          below.fill(0);
          for (let o = 0; o < layer.outputs; o++) {
            const delta = buffers.deltas[l][s * layer.outputs + o];
            const w = layer.weights + o * layer.inputs;
            for (let i = 0; i < layer.inputs; i++) {
              gradient[w + i] += delta * a[s * layer.inputs + i];
              below[i] += delta * parameters[w + i];
            }
            gradient[layer.biases + o] += delta;
          }
          if (l === 0) continue;
          for (let i = 0; i < layer.inputs; i++) {
            const unit = s * layer.inputs + i;
            buffers.deltas[l - 1][unit] = below[i] * buffers.derivatives[l - 1][unit];
          }
        }
      }
    },

    curvature,
    /** Of the pass that makes eq. (6), too, which nobody asked for. */
    gaussNewton(parameters, inputs, rows, first, end, outputs, diagonal) {
      bound ??= array(diagonal.length);
      curvature(parameters, inputs, rows, first, end, outputs, bound, diagonal);
    },
    sgd,
    adam,
    sophia,
    residualPartitioning,
    rpDirection,
    jacobianProduct: jacobianProduct(layers, buffers, array),
    quadraticModel: quadraticModel(layers, buffers, objective),
    moveAlong,
    dispose() {},
  };
}
