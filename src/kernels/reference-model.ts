// Model (1) of the loss along changes of the parameters: what the learning rate "auto" is computed from.

import type { FloatArray, LayerLayout } from "../model/architecture.js";
import type { Objective } from "../model/objective.js";
import type { NetworkKernels } from "./kernels.js";
import type { ReferenceBuffers } from "./reference-buffers.js";

/**
 * J v, exactly, a tangent carried forwards:
 *   dz_l[s][o] = v_l[o] + Σ_i V_l[o][i] a_l[s][i] + W_l[o][i] da_l[s][i],   da_{l+1} = f'(z_l) dz_l,   da_0 = 0
 */
export function jacobianProduct(
  layers: LayerLayout[],
  { activations, derivatives }: ReferenceBuffers,
  array: (length: number) => FloatArray,
): NetworkKernels["jacobianProduct"] {
  const last = layers.length - 1;
  const widest = Math.max(...layers.map(({ outputs }) => outputs));
  let [below, above] = [array(widest), array(widest)];
  return (parameters, inputs, rows, v, out) => {
    for (let s = 0; s < rows; s++) {
      for (let l = 0; l <= last; l++) {
        const { inputs: n, outputs, weights, biases } = layers[l];
        const a = l === 0 ? inputs : activations[l - 1];
        for (let o = 0; o < outputs; o++) {
          const w = weights + o * n;
          let change = v[biases + o];
          for (let i = 0; i < n; i++) change += v[w + i] * a[s * n + i];
          if (l > 0) for (let i = 0; i < n; i++) change += parameters[w + i] * below[i];
          if (l === last) out[s * outputs + o] = change;
          else above[o] = change * derivatives[l][s * outputs + o];
        }
        [below, above] = [above, below];
      }
    }
  };
}

/** [Σ L'' u², Σ L'' u v, Σ L'' v², Σ L' u, Σ L' v] / S */
export function quadraticModel(
  layers: LayerLayout[],
  { activations }: ReferenceBuffers,
  objective: Objective,
): NetworkKernels["quadraticModel"] {
  const last = layers.length - 1;
  return (targets, rows, first, second, sums) => {
    const y = activations[last];
    const count = rows * layers[last].outputs;
    sums.fill(0);
    for (let n = 0; n < count; n++) {
      const u = first[n];
      const v = second ? second[n] : 0;
      const curvature = objective.curvature(y[n]);
      const slope = objective.slope(y[n], targets[n]);
      sums[0] += curvature * u * u;
      sums[1] += curvature * u * v;
      sums[2] += curvature * v * v;
      sums[3] += slope * u;
      sums[4] += slope * v;
    }
    for (let i = 0; i < sums.length; i++) sums[i] /= count;
  };
}
