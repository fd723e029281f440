// How often a run is evaluated by default follows from counted work alone.

import { expect, it } from "vitest";
import { resolveRunConfig } from "../../src/config/resolve.js";
import type { RunConfig } from "../../src/config/schema.js";
import type { Images } from "../../src/data/load.js";
import { evaluationInterval } from "../../src/training/evaluation-interval.js";

const images = (count: number): Images => ({ count, size: 784, pixels: new Uint8Array(0) });
const splits = (train: number, test = 10_000) => ({
  ...{ train: images(train), validation: images(Math.round(train / 9)), test: images(test) },
});
const only = (name: string): RunConfig => {
  const config = resolveRunConfig({ overrides: {} });
  return { ...config, optimizers: config.optimizers.filter(({ label }) => label === name) };
};

it("is once an epoch of MNIST with all optimizers, and of Adam, and three times with RP alone", () => {
  // Forward 435 k multiplications an image, a step of Adam three times that, one of RP 784 × 32.8 k more: 62 times.
  expect(evaluationInterval(resolveRunConfig({ overrides: {} }), splits(54_000))).toBeNull();
  expect(evaluationInterval(only("adam"), splits(54_000))).toBeNull();
  expect(evaluationInterval(only("rp"), splits(54_000))).toBe(180);
});

it("is six times an epoch where the evaluated splits are smaller", () => {
  expect(evaluationInterval(only("rp"), splits(54_000, 100))).toBe(180);
  const small = { ...splits(54_000, 100), validation: images(100) };
  expect(evaluationInterval(only("rp"), small)).toBe(90);
});

it("is such that the end of every epoch is evaluated", () => {
  // 541 steps are a prime number of them.
  expect(evaluationInterval(only("rp"), splits(54_100))).toBeNull();
  // 538 = 2 × 269
  expect(evaluationInterval(only("rp"), splits(53_800))).toBe(269);
});

it("counts of a sampled curvature the outputs that are drawn", () => {
  const [rp] = only("rp").optimizers;
  if (rp.name !== "rp") throw new Error("the first is RP");
  const sampled = { ...only("rp"), optimizers: [{ ...rp, curvature: { outputs: 32 } }] };
  expect(evaluationInterval(sampled, splits(54_000))).toBeNull();
});
