// The other diagonal of the kernels, that of the Gauss-Newton matrix, (1/S) Σ_s L''_s J_si²: against its definition over an
// explicit Jacobian, also from a sample of the outputs, whose hidden layers are scaled by K / m; and against the reference
// kernels in networks of many panels. Tolerances as in native.test.ts.

import { describe, it } from "vitest";
import { loadAddon } from "../../src/kernels/addon.js";
import { createReferenceNetwork } from "../../src/kernels/reference.js";
import { ACTIVATIONS, type Activation, layoutOf, parameterCount } from "../../src/model/architecture.js";
import { CURVATURE_BOUNDS } from "../../src/model/objective.js";
import * as oracle from "../support/brute-force.js";
import { expectClose, expectSame } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const ROWS = 3;
const GAUSS_NEWTON = 1;
const single = (values: Float64Array) => Float32Array.from(values);

interface Network extends oracle.Net {
  w: Float64Array;
  batch: Float64Array;
}

function networkOf(layerSizes: number[], activation: Activation, more: Partial<oracle.Net> = {}): Network {
  const width = 1.5 * Math.sqrt(6 / Math.max(...layerSizes));
  const rounded = (values: Float64Array) => Float64Array.from(single(values));
  const w = rounded(randomValues(parameterCount(layerSizes), 7, -width, width));
  return { layerSizes, activation, ...more, w, batch: rounded(randomValues(ROWS * layerSizes[0], 6, 0, 1)) };
}

function native(net: Network, sample: number[] | null, threads: number, slices = [ROWS]): Float32Array {
  const { addon } = loadAddon();
  const { layerSizes, activation, loss, curvatureBound = "jaakkola-jordan", w, batch } = net;
  const objective = loss === "cross-entropy" ? 1 + CURVATURE_BOUNDS.indexOf(curvatureBound) : 0;
  const code = ACTIVATIONS.indexOf(activation);
  const network = addon.createNetwork(Int32Array.from(layerSizes), code, objective, ROWS, threads, "");
  const [parameters, inputs, diagonal] = [single(w), single(batch), new Float32Array(w.length)];
  addon.forward(network, ROWS, parameters, inputs);
  const outputs = sample && Int32Array.from(sample);
  let first = 0;
  for (const last of slices) {
    addon.curvature(network, ROWS, first, last, parameters, inputs, outputs, GAUSS_NEWTON, diagonal);
    first = last;
  }
  addon.disposeNetwork(network);
  return diagonal;
}

/** In two slices, in double precision. */
function reference(net: Network, sample: number[]): Float64Array {
  const shape = { loss: "mse", curvatureBound: "jaakkola-jordan", ...net, rows: ROWS } as const;
  const network = createReferenceNetwork(shape, "double");
  const [outputs, diagonal] = [Int32Array.from(sample), new Float64Array(net.w.length)];
  network.forward(net.w, net.batch, ROWS);
  for (const [first, last] of [
    [0, 1],
    [1, ROWS],
  ]) {
    network.gaussNewton(net.w, net.batch, ROWS, first, last, outputs, diagonal);
  }
  return diagonal;
}

function definition(net: Network, sample: number[]): Float64Array {
  const [K] = net.layerSizes;
  const y = oracle.outputs(net, net.w, net.batch);
  const outputLayer = layoutOf(net.layerSizes).at(-1)?.weights ?? 0;
  const diagonal = new Float64Array(net.w.length);
  for (const [s, row] of oracle.jacobian(net, net.w, net.batch).entries()) {
    const weight = oracle.secondOf(net, y[s]) / y.length;
    const hidden = sample.includes(s % K) ? K / sample.length : 0;
    row.forEach((J, i) => {
      diagonal[i] += (i >= outputLayer ? 1 : hidden) * weight * J * J;
    });
  }
  return diagonal;
}

describe("the native Gauss-Newton diagonal", () => {
  const losses = [
    {},
    ...CURVATURE_BOUNDS.map((curvatureBound) => ({ loss: "cross-entropy" as const, curvatureBound })),
  ];
  for (const activation of ACTIVATIONS) {
    it(`is its definition, ${activation}`, () => {
      for (const layerSizes of [
        [4, 4],
        [5, 3, 5],
        [6, 5, 3, 6],
        [5, 7, 2, 3, 5],
      ]) {
        for (const loss of losses) {
          const net = networkOf(layerSizes, activation, loss);
          const all = Array.from({ length: layerSizes[0] }, (_, k) => k);
          for (const sample of [all, [0, 2], [1]]) {
            const what = `${layerSizes.join("-")}, ${JSON.stringify(loss)}, sample ${sample}`;
            expectClose(native(net, sample, 1), definition(net, sample), 2e-5, what);
            expectClose(reference(net, sample), definition(net, sample), 1e-9, `reference, ${what}`);
          }
          expectSame(native(net, null, 2, [1, ROWS]), native(net, all, 1), "from all outputs, in slices");
        }
      }
    });

    it.each([[[65, 50, 43, 30, 65]], [[203, 45, 37, 129, 203]]])(
      `is the reference's, ${activation}, %j`,
      (layerSizes) => {
        const net = networkOf(layerSizes, activation);
        const reference = createReferenceNetwork(
          { layerSizes, activation, rows: ROWS, ...squaredError },
          "double",
        );
        const [h, expected] = [new Float64Array(net.w.length), new Float64Array(net.w.length)];
        reference.forward(net.w, net.batch, ROWS);
        reference.curvature(net.w, net.batch, ROWS, 0, ROWS, null, h, expected);
        const found = native(net, null, 1);
        for (const [l, { weights, biases, outputs }] of layoutOf(layerSizes).entries()) {
          const end = biases + outputs;
          expectClose(found.subarray(weights, end), expected.subarray(weights, end), 2e-5, `layer ${l}`);
        }
        expectSame(native(net, null, 3), found, "three threads");
      },
    );
  }
});
