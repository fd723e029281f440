import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Activation, createEngine, initialParameters, type Session } from "../../src/index.js";
import type { LogRow } from "../../src/results/run-log.js";
import { median } from "../../src/statistics.js";
import { DivergenceDetector } from "../../src/training/divergence.js";
import { train } from "../../src/training/train.js";
import { randomValues } from "../support/random.js";

describe("DivergenceDetector", () => {
  it("reports a loss that is not finite at once and keeps the last finite one", () => {
    for (const bad of [Number.NaN, Infinity]) {
      const detector = new DivergenceDetector();
      expect(detector.observe(0.5, true)).toBeNull();
      expect(detector.observe(0.25, true)).toBeNull();
      expect(detector.observe(bad, true)).toBe(`the batch loss is ${bad}`);
      expect(detector.lastFiniteLoss).toBe(0.25);
    }
  });

  it("reports parameters that are not finite at once", () => {
    const detector = new DivergenceDetector();
    expect(detector.observe(0.5, false)).toBe("a parameter is not finite");
    expect(detector.lastFiniteLoss).toBe(0.5);
  });

  it("reports 20 steps running above 100 times the first loss, not 19, not 20 with one below", () => {
    const detector = new DivergenceDetector();
    const reported = (losses: number[]) => losses.map((loss) => detector.observe(loss, true) !== null);
    expect(reported([1, ...new Array(19).fill(101), 100, ...new Array(19).fill(101)])).not.toContain(true);
    expect(detector.observe(101, true)).toMatch(/stayed above 100 times/);
  });
});

describe("train", () => {
  const images = { count: 40, size: 9, pixels: Uint8Array.from(randomValues(360, 1, 0, 255)) };
  const splits = { train: images, validation: images, test: images };
  const run = async (
    learningRate: number,
    changes: object = {},
    activation: Activation = "tanh",
    prepare: (session: Session) => void = () => {},
  ) => {
    const engine = await createEngine("native", { threads: 1 });
    const layerSizes = [9, 5, 9];
    const session = await engine.createSession({
      layerSizes,
      activation,
      optimizer: { name: "sgd", learningRate },
      parameters: initialParameters(layerSizes, 0),
      batchSize: 10,
    });
    prepare(session);
    const rows: LogRow[] = [];
    const losses: number[] = [];
    const result = await train({
      ...{ session, splits, batchSize: 10, epochs: 3, seed: 0, evalEvery: null },
      signal: new AbortController().signal,
      onRow: (row) => rows.push(row),
      onStep: (_, loss) => losses.push(loss),
      ...changes,
    });
    return { result, rows, losses };
  };

  it("logs step 0, every epoch and the end, on whole splits", async () => {
    const { result, rows } = await run(0.5);
    expect(result).toMatchObject({ status: "done", reason: null, step: 12 });
    expect(rows.map(({ step, epoch }) => [step, epoch])).toEqual([
      [0, 0],
      [4, 1],
      [8, 2],
      [12, 3],
    ]);
    expect(rows[0].trainingSeconds).toBe(0);
    for (const row of rows)
      expect([row.validationLoss, row.testLoss]).toEqual([row.trainLoss, row.trainLoss]);
    expect(rows[3].trainLoss).toBeLessThan(rows[0].trainLoss);
  });

  it("stops its clock while evaluating", async () => {
    const { result, rows } = await run(0.5, {}, "tanh", (session) => {
      const evaluate = session.evaluate.bind(session);
      session.evaluate = async (images) => {
        await setTimeout(40);
        return evaluate(images);
      };
    });
    // Twelve evaluations, three splits at each of four rows, take half a second at least; twelve steps far less.
    expect(result.trainingSeconds).toBeLessThan(0.4);
    expect(rows[3].trainingSeconds).toBeLessThanOrEqual(result.trainingSeconds);
  });

  it("logs every N steps and the end where asked", async () => {
    const { rows } = await run(0.5, { evalEvery: 5 });
    expect(rows.map(({ step }) => step)).toEqual([0, 5, 10, 12]);
  });

  it("stops at the very step at which a parameter overflows, with the rows before it", async () => {
    // Step 1 makes parameters of some 1e24, finite; the gradient of step 2 times 1e25 is then beyond 3e38.
    const { result, rows, losses } = await run(1e25);
    expect(losses).toHaveLength(1);
    expect(result).toMatchObject({ status: "diverged", step: 2, reason: "a parameter is not finite" });
    expect(result.lastFiniteLoss).toBeGreaterThan(1e40); // summed in double precision
    expect(rows.map(({ step }) => step)).toEqual([0]);
  });

  it("stops at the very step at which the loss overflows", async () => {
    // With relu the parameters of step 1 multiply to outputs of some 1e48.
    const { result, rows, losses } = await run(1e25, {}, "relu");
    expect(losses).toHaveLength(1);
    expect(result).toMatchObject({ status: "diverged", step: 2, lastFiniteLoss: losses[0] });
    expect(result.reason).toMatch(/^the batch loss is (NaN|Infinity)$/);
    expect(rows.map(({ step }) => step)).toEqual([0]);
  });

  it("counts a loss that is not finite at an evaluation as divergence, and writes no such row", async () => {
    const { result, rows } = await run(1e25, { evalEvery: 1 }, "relu");
    expect(result).toMatchObject({ status: "diverged", step: 1, reason: "the train loss is not finite" });
    expect(rows.map(({ step }) => step)).toEqual([0]);
  });

  it("stops where it is asked to", async () => {
    const controller = new AbortController();
    const { result, rows } = await run(0.5, {
      signal: controller.signal,
      onStep: (step: number) => step === 6 && controller.abort(),
    });
    expect(result).toMatchObject({ status: "interrupted", step: 6 });
    expect(rows.map(({ step }) => step)).toEqual([0, 4]);
  });
});

it("takes medians", () => {
  expect([median([]), median([3]), median([4, 1]), median([9, 1, 5])]).toEqual([null, 3, 2.5, 5]);
});
