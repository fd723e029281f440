// Cross-entropy in float64, rung by rung, against brute force, with each of its curvatures; and the bound on the true loss.
// Tolerances as in ladder.test.ts.

import { describe, expect, it } from "vitest";
import { createEngine, type OptimizerOptions, RpBenchError } from "../../src/index.js";
import { layoutOf } from "../../src/model/architecture.js";
import { CURVATURE_BOUNDS } from "../../src/model/objective.js";
import * as oracle from "../support/brute-force.js";
import { expectClose } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const TOLERANCE = 1e-10;
const ROWS = 5;
const networks = [
  [4, 4],
  [6, 5, 3, 6],
  [4, 3, 5, 2, 3, 4],
];

async function sessionOf(
  net: oracle.Net,
  parameters: Float64Array,
  optimizer: OptimizerOptions,
  batchSize = ROWS,
) {
  return (await createEngine("reference")).createSession({ ...net, parameters, optimizer, batchSize });
}

const nets = (["tanh", "relu", "sigmoid"] as const).flatMap((activation) =>
  networks.flatMap((layerSizes) =>
    CURVATURE_BOUNDS.map((curvatureBound): oracle.Net => {
      return { layerSizes, activation, loss: "cross-entropy", curvatureBound };
    }),
  ),
);

describe.each(nets)("$layerSizes $activation $curvatureBound", (net) => {
  const w = randomValues(oracle.countParameters(net), 7, -1.2, 1.2);
  const batch = randomValues(ROWS * net.layerSizes[0], 11, 0, 1);

  it("has the loss of the oracle and the gradient of differences", async () => {
    const s = await sessionOf(net, w, { name: "sgd", learningRate: 1 });
    expectClose([await s.evaluate(batch)], [oracle.loss(net, w, batch)], TOLERANCE, "loss");
    const step = 1e-6;
    const differences = w.map((value, i) => {
      const at = (x: number) => oracle.loss(net, Object.assign(w.slice(), { [i]: x }), batch);
      return (at(value + step) - at(value - step)) / (2 * step);
    });
    expectClose(await s.gradient(batch), differences, 1e-7, "gradient against differences");
    expectClose(await s.gradient(batch), oracle.gradient(net, w, batch), TOLERANCE, "gradient");
  });

  it("has the curvature of the explicit Jacobian, and follows ten steps of RP", async () => {
    // The exact second derivative is no bound: at a rate of 2 these networks diverge with it.
    const learningRate = net.curvatureBound === "exact" ? 0.1 : 2;
    const s = await sessionOf(net, w, { name: "rp", learningRate });
    expectClose(await s.curvature(batch), oracle.curvature(net, w, batch), TOLERANCE, "curvature");
    const expected = w.slice();
    const update = oracle.rules.rp(learningRate);
    for (let step = 0; step < 10; step++) {
      const input = randomValues(batch.length, 100 + step, 0, 1);
      const { loss } = await s.step(input);
      expectClose([loss], [oracle.loss(net, expected, input)], 1e-8, `loss of step ${step}`);
      update(expected, oracle.gradient(net, expected, input), oracle.curvature(net, expected, input));
      expectClose(s.parameters(), expected, 1e-8, `parameters after step ${step}`);
    }
  });
});

describe("RP's bound on the true loss", () => {
  /** The most by which the true loss exceeds RP's model over changes of the output layer, in which outputs are linear. */
  async function excess(curvatureBound: (typeof CURVATURE_BOUNDS)[number]): Promise<number> {
    let most = Number.NEGATIVE_INFINITY;
    for (const layerSizes of networks) {
      const net: oracle.Net = { layerSizes, activation: "tanh", loss: "cross-entropy", curvatureBound };
      const w = randomValues(oracle.countParameters(net), 7, -3, 3);
      const batch = randomValues(ROWS * layerSizes[0], 11, 0, 1);
      const s = await sessionOf(net, w, { name: "rp", learningRate: 1 });
      const [g, h, loss] = [await s.gradient(batch), await s.curvature(batch), await s.evaluate(batch)];
      const outputLayer = layoutOf(layerSizes)[layerSizes.length - 2].weights;
      for (let trial = 0; trial < 200; trial++) {
        const change = randomValues(w.length, 1000 + trial).map((x, i) =>
          i < outputLayer ? 0 : 30 * x ** 5,
        );
        const model = change.reduce((sum, x, i) => sum + g[i] * x + 0.5 * h[i] * x * x, loss);
        s.setParameters(w.map((value, i) => value + change[i]));
        most = Math.max(most, (await s.evaluate(batch)) - model * (1 + 1e-12));
      }
    }
    return most;
  }

  it("is never below it with the bounds of Jaakkola and Jordan and of Böhning", async () => {
    expect(await excess("jaakkola-jordan")).toBeLessThanOrEqual(0);
    expect(await excess("boehning")).toBeLessThanOrEqual(0);
  });

  it("fails with the exact second derivative where outputs saturate", async () => {
    const net: oracle.Net = {
      layerSizes: [1, 1],
      activation: "tanh",
      loss: "cross-entropy",
      curvatureBound: "exact",
    };
    const w = Float64Array.of(0, 8);
    const s = await sessionOf(net, w, { name: "rp", learningRate: 1 }, 1);
    const batch = Float64Array.of(0.1);
    const [g, h] = [await s.gradient(batch), await s.curvature(batch)];
    const reach = Array.from(g, (value, i) => value ** 2 / h[i]).reduce((a, b) => a + b);
    const model = (await s.evaluate(batch)) - 0.5 * reach;
    await s.step(batch);
    expect(await s.evaluate(batch)).toBeGreaterThan(model + 100);
  });
});

describe.each(["native", "wasm", "reference", "tfjs"] as const)("pixels that are no means, on %s", (name) => {
  const layerSizes = [3, 3];
  it.each([
    [-0.5, "-0.5"],
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
  ])("%d are refused with the cross-entropy alone", async (pixel, shown) => {
    const engine = await createEngine(name, name === "tfjs" ? { backend: "cpu" } : {});
    const options = {
      ...{ layerSizes, batchSize: 1, parameters: new Float32Array(12) },
      optimizer: { name: "sgd", learningRate: 0.1 },
    } as const;
    const session = await engine.createSession({ ...options, loss: "cross-entropy" });
    const batch = Float32Array.of(0, pixel, 1);
    const value = String(batch[1]); // as float32 has it
    expect(value.startsWith(shown)).toBe(true);
    const tail = `with the loss cross-entropy values must be from 0 to 1, got ${value} at index 1`;
    for (const call of [session.step(batch), session.gradient(batch), session.curvature(batch)]) {
      await expect(call).rejects.toThrow(new RpBenchError("INVALID_ARGUMENT", `batch: ${tail}`));
    }
    await expect(session.evaluate(batch)).rejects.toMatchObject({
      ...{ code: "INVALID_ARGUMENT", message: `images: ${tail}` },
    });
    session.dispose();
    const squared = await engine.createSession(options);
    await squared.step(batch);
    squared.dispose();
  });
});
