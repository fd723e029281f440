import { describe, expect, it } from "vitest";
import { type Audit, auditPoints, auditRun } from "../../src/audit/audit.js";
import { ratiosOf } from "../../src/audit/ratios.js";
import { summarizeAudit } from "../../src/audit/summary.js";
import type { OptimizerEntry } from "../../src/config/schema.js";
import { createEngine } from "../../src/index.js";
import { layoutOf } from "../../src/model/architecture.js";
import { quantiles } from "../../src/statistics.js";
import { startSession } from "../../src/training/run.js";
import { train } from "../../src/training/train.js";
import { moduleOf } from "../support/module.js";
import { randomValues } from "../support/random.js";

const images = { count: 40, size: 9, pixels: Uint8Array.from(randomValues(360, 1, 0, 255)) };
const splits = { train: images, validation: images, test: images };
const rp = (learningRate: number, more: object = {}): OptimizerEntry => ({
  ...{ name: "rp", label: "rp", learningRate, curvature: "exact", curvatureDecay: 0, momentum: 0 },
  ...{ nesterov: false, safeguard: false, exponent: 1, warmupSteps: 0 },
  ...more,
});
const engine = await createEngine("reference");
const network = { layerSizes: [9, 5, 9], activation: "tanh", batchSize: 10, seed: 0 } as const;

async function audit(entry: OptimizerEntry, changes: object = {}, context: object = {}): Promise<Audit> {
  const config = { ...network, epochs: 5, every: 1, optimizers: [entry], ...changes };
  return auditRun(config, { engine, splits, signal: new AbortController().signal, ...context });
}

describe("auditRun", () => {
  it("changes nothing in the run, also where its curvature is drawn", async () => {
    const entry = rp(2, { curvature: { outputs: 3 }, curvatureDecay: 0.5, momentum: 0.5 });
    const losses: number[] = [];
    await audit(entry, {}, { onStep: (_: number, loss: number) => losses.push(loss) });
    const { label: _, ...optimizer } = entry;
    const session = await startSession(engine, { ...network, optimizer });
    const alone: number[] = [];
    await train({
      ...{ session, splits, evalEvery: null, signal: new AbortController().signal },
      ...{ batchSize: 10, epochs: 5, seed: 0 },
      onRow: () => {},
      onStep: (_, loss) => alone.push(loss),
    });
    expect(losses).toEqual(alone);
  });

  it("takes diagonals at 1, 3, 10, ... and the end, and judges the updates it is asked to", async () => {
    expect([...auditPoints(1)]).toEqual([1]);
    expect([...auditPoints(450)]).toEqual([1, 3, 10, 30, 100, 300, 450]);
    const { ratios, predictions, steps, status } = await audit(rp(2), { every: 7 });
    expect([status, steps]).toEqual(["done", 20]);
    expect([...new Set(ratios.map(({ step }) => step))]).toEqual([1, 3, 10, 20]);
    expect(predictions.map(({ step }) => step)).toEqual([1, 3, 7, 10, 14, 20]);
    expect(predictions.filter(({ stableLambda }) => stableLambda !== null)).toHaveLength(4);
  });

  it("never finds h below the Gauss-Newton diagonal, nor the bound below its model", async () => {
    for (const entry of [rp(5), { ...ADAM }, { ...SGD }]) {
      const { ratios, predictions } = await audit(entry);
      for (const { over, quantiles: found } of ratios)
        if (over === "gauss_newton") expect(found?.min).toBeGreaterThanOrEqual(1);
      for (const one of predictions) {
        expect(one.bound).toBeGreaterThanOrEqual(one.model);
        expect(one.looseness).toBeGreaterThanOrEqual(1);
        expect(one.bestLambda).toBeGreaterThanOrEqual(1);
        expect(one.unitBound).toBeLessThanOrEqual(one.loss);
      }
    }
  });

  it("sees the same λ along RP's own update as along −g/h, and the bound's least at λ = 1", async () => {
    for (const { looseness, bestLambda } of (await audit(rp(3))).predictions) {
      // The update is read off float32 parameters: differences of some 1e-3 of values near 1, rounded at 6e-8.
      expect((looseness ?? 0) / (bestLambda ?? 0)).toBeCloseTo(1, 3);
    }
    for (const one of (await audit(rp(1))).predictions) {
      expect(one.bound).toBeCloseTo(one.unitBound, 7);
      expect(one.after).toBeCloseTo(one.unitAfter, 7);
    }
  });

  it("never sees a linear network exceed the prediction, and finds its model exact", async () => {
    for (const rate of [0.3, 1]) {
      const found = await audit(rp(rate), { layerSizes: [9, 9], epochs: 20 });
      expect(found.predictions).toHaveLength(80);
      expect(summarizeAudit(found)).toMatchObject({ judged: 80, above: 0, unitAbove: 0 });
      // The gradient is float32's: 6e-8 of the change in loss, which is below 0.1.
      for (const { after, model } of found.predictions) expect(after).toBeCloseTo(model, 7);
    }
  });

  it("finds the bound tight, and one step enough, where there is one residual", async () => {
    const one = { count: 3, size: 1, pixels: Uint8Array.of(100, 100, 100) };
    const changes = { layerSizes: [1, 1], batchSize: 1, epochs: 1 };
    const { predictions } = await audit(rp(1), changes, {
      splits: { train: one, validation: one, test: one },
    });
    expect(predictions[0].bestLambda).toBeCloseTo(1, 6);
    expect(predictions[0].stableLambda).toBeCloseTo(2, 6);
    expect(predictions[0].unitAfter).toBeLessThan(1e-12);
  });

  it("counts updates that come out above the bound, as rates far too high make them", async () => {
    const { predictions } = await audit(
      { ...ADAM, learningRate: 0.1 },
      { activation: "relu", layerSizes: [9, 6, 4, 6, 9] },
    );
    const above = predictions.filter(({ after, bound }) => after > 1.01 * bound);
    expect(above.length).toBeGreaterThan(0);
    const found: Audit = { status: "done", reason: null, steps: 20, ratios: [], predictions: above };
    expect(summarizeAudit(found)).toMatchObject({ judged: above.length, above: above.length });
    // More than 1e-6 of the loss, which float32 leaves open.
    for (const [excess, counted] of [
      [1e-7, 0],
      [1e-5, above.length],
    ]) {
      const moved = above.map((one) => ({
        ...one,
        ...{ after: one.bound * (1 + excess), unitAfter: one.unitBound },
      }));
      expect(summarizeAudit({ ...found, predictions: moved })).toMatchObject({
        above: counted,
        unitAbove: 0,
      });
    }
  });

  it("sums up the last point's ratios, and λ over all of them", async () => {
    const found = await audit(rp(2), { every: 7 });
    const { ratios, stableLambda, bestLambda } = summarizeAudit(found);
    expect(ratios).toEqual(found.ratios.filter(({ step }) => step === 20));
    expect(ratios).toHaveLength(8);
    const stable = found.predictions.flatMap((one) => one.stableLambda ?? []).sort((a, b) => a - b);
    expect(stableLambda).toEqual({
      ...{ least: stable[0], median: (stable[1] + stable[2]) / 2, greatest: stable[3] },
    });
    expect(bestLambda?.greatest).toBe(Math.max(...found.predictions.map((one) => one.bestLambda ?? 0)));
  });

  it("has the true loss after an update as the loss before the next, where all images are one batch", async () => {
    const { predictions } = await audit(rp(2), { batchSize: 40, epochs: 10 });
    // The images of a batch change places: sums of 360 terms, in float64.
    for (const [k, { after }] of predictions.slice(0, -1).entries())
      expect(after / predictions[k + 1].loss).toBeCloseTo(1, 12);
  });

  it("calls a run diverged whose parameters are finite, but not its loss after the update", async () => {
    // Six layers of parameters near float32's greatest: beyond float64's, squared, at the end.
    const optimizer = moduleOf(
      "export default { create: () => (session) => session.setParameters(session.parameters().fill(1e38)) };",
      1,
    );
    const found = await audit({ ...optimizer, label: "mine" }, DEEP_RELU);
    expect(found).toMatchObject({ status: "diverged", reason: "the batch loss is Infinity", steps: 1 });
    expect(found.predictions).toEqual([]);
  });

  it("audits a module as it does the built-in rule", async () => {
    const own = await audit({ ...moduleOf(SGD_MODULE, 0.3), label: "mine" });
    const theirs = await audit(SGD);
    expect(own.predictions.map(({ step }) => step)).toEqual(theirs.predictions.map(({ step }) => step));
    for (const [k, one] of own.predictions.entries()) {
      // Parameters are rounded to float32 once more at times; 20 steps at a rate at which that does not grow.
      expect(one.after / theirs.predictions[k].after).toBeCloseTo(1, 5);
      expect((one.bestLambda ?? 0) / (theirs.predictions[k].bestLambda ?? 0)).toBeCloseTo(1, 3);
    }
  });

  it("keeps what it found where an update throws", async () => {
    const failing = `let step = 0;
      export default { create: () => () => { if (++step === 6) throw new Error("sixth"); } };`;
    const found = await audit({ ...moduleOf(failing, 1), label: "mine" });
    expect(found).toMatchObject({ status: "failed", reason: "mine.mjs: sixth", steps: 5 });
    expect(found.error).toMatchObject({ code: "OPTIMIZER_FAILED" });
    expect(found.predictions).toHaveLength(5);
  });

  it("keeps what it found where the run diverges", async () => {
    const found = await audit({ ...SGD, learningRate: 1e4 }, { activation: "relu", epochs: 50 });
    expect(found.status).toBe("diverged");
    expect(found.reason).toMatch(/^(the batch loss|a parameter)/);
    expect(found.ratios.length).toBeGreaterThan(0);
    for (const { after } of found.predictions) expect(Number.isFinite(after)).toBe(true);
  });

  it("stops where it is asked to", async () => {
    const controller = new AbortController();
    const onStep = (step: number) => step === 6 && controller.abort();
    const found = await audit(rp(2), {}, { signal: controller.signal, onStep });
    expect(found).toMatchObject({ status: "interrupted", steps: 6 });
    expect(found.predictions).toHaveLength(5); // the sixth was not judged to its end
  });
});

const ADAM: OptimizerEntry = {
  ...{
    name: "adam",
    label: "adam",
    learningRate: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    warmupSteps: 0,
  },
};
const DEEP_RELU = { layerSizes: [9, 4, 4, 4, 4, 4, 9], activation: "relu" };
const SGD_MODULE = `export default {
  create: ({ learningRate }) => async (session, batch) => {
    const g = await session.gradient(batch);
    session.setParameters(session.parameters().map((w, i) => w - learningRate * g[i]));
  },
};`;
const SGD: OptimizerEntry = {
  ...{ name: "sgd", label: "sgd", learningRate: 0.3, momentum: 0, nesterov: false, warmupSteps: 0 },
};

describe("ratiosOf", () => {
  it("takes quantiles where the other diagonal is positive and counts where it is not", () => {
    // One layer 2 × 2: four weights, two biases.
    const h = Float64Array.of(2, 6, 8, 1, 3, 0);
    const gaussNewton = Float64Array.of(1, 2, 2, 0, 1, 0);
    const hessian = Float64Array.of(1, -2, 2, 0, -1, 0);
    const [weights, second, biases, last] = ratiosOf(5, layoutOf([2, 2]), h, {
      ...{ gauss_newton: gaussNewton, hessian },
    });
    expect(weights).toMatchObject({ step: 5, layer: 1, parameters: "weights", count: 4, zeros: 1 });
    expect(weights.quantiles).toMatchObject({ min: 2, p25: 2.5, median: 3, p75: 3.5, max: 4 });
    expect(second).toMatchObject({ over: "hessian", zeros: 1, negatives: 1, quantiles: { min: 2, max: 4 } });
    expect(biases).toMatchObject({ parameters: "biases", count: 2, zeros: 1, quantiles: { median: 3 } });
    expect(last).toMatchObject({ zeros: 1, negatives: 1, quantiles: null });
  });

  it("takes quantiles as numpy does", () => {
    // numpy.quantile([1, 2, 4, 8, 16], [0, 0.05, 0.5, 0.9, 1])
    expect(quantiles([1, 2, 4, 8, 16], [0, 0.05, 0.5, 0.9, 1])).toEqual(
      [1, 1.2, 4, 12.8, 16].map((x) => expect.closeTo(x, 12)),
    );
  });
});
