// A check's further networks: their losses are those of runs of their own, told under their names.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkAgainst, makeBaseline } from "../../src/check/check.js";
import { observeLosses } from "../../src/check/observe.js";
import { judgeLosses } from "../../src/check/verdicts.js";
import { resolveCheckConfig } from "../../src/config/check-resolve.js";
import { BatchSource } from "../../src/data/batches.js";
import { initialParameters } from "../../src/model/initialization.js";
import { soundApparatus } from "../support/apparatus.js";
import { temporaryFolder } from "../support/cli.js";

const sgd = { name: "sgd", learningRate: 1 };
const rp = { name: "rp", label: "exact", learningRate: 0.5 };
const entropy = {
  ...{ name: "entropy", layerSizes: [784, 5, 784], activation: "sigmoid", loss: "cross-entropy" },
  ...{ curvatureBound: "boehning", batchSize: 7, optimizers: [sgd, rp] },
};
const squares = {
  name: "squares",
  layerSizes: [784, 3, 784],
  activation: "relu",
  batchSize: 11,
  optimizers: [sgd],
};
const whole = {
  ...{ layerSizes: [784, 4, 784], batchSize: 10, trainLimit: 100 },
  losses: { seeds: [3, 1], steps: [0, 2], optimizers: [sgd] },
};

function configOf(changes: object) {
  const path = join(temporaryFolder(), "check.json");
  writeFileSync(path, JSON.stringify({ ...whole, ...changes }));
  return { path, resolve: () => resolveCheckConfig(path) };
}

describe("networks", () => {
  const both = () => configOf({ networks: [entropy, squares] }).resolve();

  it("have the losses of runs of their own, from the first seed", async () => {
    const config = both();
    const { apparatus } = await soundApparatus(config);
    const seen = await observeLosses(config, apparatus);
    expect(seen.map(({ label, seed, step }) => `${label} ${seed} ${step}`)).toEqual([
      ...["sgd 3 0", "sgd 3 2", "sgd 1 0", "sgd 1 2"],
      ...["entropy/sgd 3 0", "entropy/sgd 3 2", "entropy/exact 3 0", "entropy/exact 3 2"],
      ...["squares/sgd 3 0", "squares/sgd 3 2"],
    ]);
    const lossesOf = (label: string) =>
      seen.flatMap((one) => (one.label === label && one.seed === 3 ? [one.loss] : []));

    const { name: _, optimizers, ...network } = squares;
    const alone = configOf({ ...network, losses: { ...whole.losses, optimizers } }).resolve();
    const own = await observeLosses(alone, apparatus);
    expect(lossesOf("squares/sgd")).toEqual(own.slice(0, 2).map(({ loss }) => loss));

    const { layerSizes, activation, loss, curvatureBound, batchSize } = config.networks[0];
    const parameters = initialParameters(layerSizes, 3);
    const session = await (await apparatus.engine()).createSession({
      ...{ layerSizes, activation, loss, curvatureBound, batchSize, parameters, seed: 3 },
      optimizer: { name: "rp", learningRate: 0.5 },
    });
    const { train, validation } = apparatus.splits;
    const pixels = Float32Array.from(validation.pixels, (byte) => byte / 255);
    const expected = [await session.evaluate(pixels)];
    const batches = new BatchSource(train, batchSize, 3);
    for (const step of [0, 1]) await session.step(batches.at(step));
    expected.push(await session.evaluate(pixels));
    session.dispose();
    const found = lossesOf("entropy/exact");
    for (const [n, value] of expected.entries()) expect(found[n]).toBeCloseTo(value, 6);
  });

  it("are compared with a baseline like the others, and belong to it", async () => {
    const config = both();
    const { apparatus, dataset } = await soundApparatus(config);
    const { baseline } = await makeBaseline(config, dataset, apparatus);
    const sound = await checkAgainst(baseline, config, apparatus);
    expect(sound.verdicts.map(({ verdict }) => verdict)).toEqual(Array(10).fill("ok"));
    const off = baseline.losses.map((one) =>
      one.label === "squares/sgd" ? { ...one, loss: one.loss * 1.00001 } : one,
    );
    const { verdicts } = await checkAgainst({ ...baseline, losses: off }, config, apparatus);
    expect(verdicts.filter(({ verdict }) => verdict !== "ok").map(({ label }) => label)).toEqual([
      ...["squares/sgd", "squares/sgd"],
    ]);
  });

  it("have the tolerance of their own widest layer", () => {
    const wide = configOf({ networks: [{ ...squares, layerSizes: [784, 3999, 784] }] }).resolve();
    const baseline = { losses: [], ends: [], times: [] } as unknown as Parameters<typeof judgeLosses>[1];
    const at = { seed: 3, step: 2, loss: 1 };
    const labels = ["sgd", "squares/sgd"].map((label) => ({ label, ...at }));
    const tolerances = judgeLosses(wide, baseline, labels).map(({ tolerance }) => tolerance);
    expect(tolerances).toEqual(["± 1.7e-6 of it", "± 3.8e-6 of it"]); // √785 and √4000 units of 2^-24
  });

  it.each<[object, string]>([
    [{ networks: [squares, squares] }, "networks: must not hold a name twice"],
    [
      { networks: [{ ...squares, name: "a/b" }] },
      "networks[0].name: must be of the characters a-z, 0-9 and -",
    ],
    [
      { networks: [entropy, { ...squares, curvatureBound: "exact" }] },
      "networks[1].curvatureBound: goes with the loss cross-entropy",
    ],
    [
      { networks: [{ ...squares, layerSizes: [784, 3, 9] }] },
      "networks[0].layerSizes: must begin and end with 784",
    ],
    [
      { networks: [{ ...squares, optimizers: [{ ...rp, curvature: { outputs: 785 } }] }] },
      "networks[0].optimizers[0].curvature.outputs: must be at most 784",
    ],
    [
      { networks: [{ ...squares, optimizers: [sgd, sgd] }] },
      'networks[0].optimizers[1].label: "sgd" is used twice',
    ],
    [{ networks: [null] }, "networks[0]: "],
  ])("are refused where they are wrong: %j", (changes, message) => {
    const { path, resolve } = configOf(changes);
    expect(resolve).toThrow(`${path}: ${message}`);
  });
});
