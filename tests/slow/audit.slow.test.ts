// The diagonal of the Hessian of the benchmark's own network, on real images, agrees with central differences of the
// float64 gradient at 200 random weights a layer.

import { it } from "vitest";
import { hessianDiagonal } from "../../src/audit/hessian.js";
import { createModel, runModel } from "../../src/audit/model.js";
import { scaleImages } from "../../src/data/batches.js";
import { loadDataset } from "../../src/data/load.js";
import { createReferenceKernels } from "../../src/kernels/reference.js";
import { initialParameters } from "../../src/model/initialization.js";
import { expectClose } from "../support/compare.js";
import { squaredError } from "../support/objectives.js";
import { randomValues } from "../support/random.js";

const ROWS = 4;
const PER_LAYER = 200;
const STEP = 1e-4;

it("is that of central differences on the whole network", async () => {
  const { train } = await loadDataset("mnist");
  const layerSizes = [784, 256, 64, 256, 784];
  const batch32 = new Float32Array(ROWS * 784);
  scaleImages(train, [0, 1, 2, 3], batch32);
  const [batch, w] = [Float64Array.from(batch32), Float64Array.from(initialParameters(layerSizes, 0))];
  const model = createModel(layerSizes, "tanh", ROWS);
  runModel(model, w, batch);
  const diagonal = await hessianDiagonal(model, async () => {});

  const kernels = createReferenceKernels().createNetwork(
    { layerSizes, activation: "tanh", rows: ROWS, ...squaredError },
    "double",
  );
  const gradient = new Float64Array(w.length);
  const gradientAt = (i: number, value: number) => {
    const moved = Object.assign(w.slice(), { [i]: value });
    kernels.forward(moved, batch, ROWS);
    kernels.loss(batch, ROWS);
    kernels.gradient(moved, batch, ROWS, gradient);
    return gradient[i];
  };
  model.layers.forEach(({ weights, biases }, l) => {
    const chosen = Array.from(randomValues(PER_LAYER, 31 + l, weights, biases), Math.floor);
    const differences = chosen.map(
      (i) => (gradientAt(i, w[i] + STEP) - gradientAt(i, w[i] - STEP)) / (2 * STEP),
    );
    // Rounding, 1e-16 of gradients some ten times the diagonal, over the step, and the step's square, 1e-8.
    expectClose(
      chosen.map((i) => diagonal[i]),
      differences,
      1e-6,
      `layer ${l + 1}`,
    );
  });
});
