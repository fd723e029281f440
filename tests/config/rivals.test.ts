// The rates of configs/<dataset>-rivals.json are those that the study in results/rivals chose.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { type RunFlags, resolveRunConfig, untunedNetwork } from "../../src/config/resolve.js";
import { resolveStudyConfig } from "../../src/config/study-resolve.js";
import { variantsOf } from "../../src/config/study-search.js";
import { DATASET_NAMES } from "../../src/data/catalogue.js";
import { root } from "../support/cli.js";

const resolve = (flags: Partial<RunFlags> = {}) => resolveRunConfig({ overrides: {}, ...flags });
const RIVALS = ["adamw", "amsgrad", "rmsprop", "adagrad", "adahessian", "sophia"];
const study = resolveStudyConfig(join(root, "configs", "rivals.json"), {});
const selection: Record<string, string>[] = parse(
  readFileSync(join(root, "results", "rivals", "selection.csv"), "utf8"),
  { columns: true },
);
const chosen = selection.filter((row) => row.chosen === "yes");

describe.each(DATASET_NAMES)("%s", (dataset) => {
  it.each(RIVALS)("has the settings and the rate of %s that its study chose", (name) => {
    const row = chosen.find(({ problem, label }) => problem === dataset && label === name);
    const entry = study.optimizers.find(({ label }) => label === name);
    const variant = variantsOf(entry ?? {}).find((one) => one.name === row?.variant);
    expect(variant?.settings).toBeDefined();
    const { search: _search, learningRates: _rates, ...fixed } = entry ?? {};
    const taken = { ...fixed, ...variant?.settings, learningRate: Number(row?.learning_rate) };
    const { optimizers } = resolve({ optimizer: [name], overrides: { dataset } });
    expect(optimizers).toEqual([taken]);
    const [own] = resolve({ config: `${dataset}-rivals`, optimizer: [name] }).optimizers;
    expect(own).toEqual(taken);
  });

  it("trains none of them where none is named", () => {
    const labels = resolve({ overrides: { dataset } }).optimizers.map(({ label }) => label);
    expect(labels).toEqual(["rp", "adam", "sgd", "rp-fast"]);
  });
});

it("lets a rate and settings be given, which leave the others as they are tuned", () => {
  const [tuned] = resolve({ optimizer: ["rmsprop"] }).optimizers;
  const [rated] = resolve({ optimizer: ["rmsprop"], lr: [0.02] }).optimizers;
  expect(rated).toEqual({ ...tuned, learningRate: 0.02 });
  const [plain] = resolve({ optimizer: ["rmsprop:momentum=0,warmupSteps=0,label=plain"] }).optimizers;
  expect(plain).toEqual({ ...tuned, momentum: 0, warmupSteps: 0, label: "plain" });
});

it("ends a warm-up with a shorter run", () => {
  const [adahessian] = resolve({ optimizer: ["adahessian"], overrides: { trainLimit: 1000 } }).optimizers;
  expect(adahessian).toMatchObject({ warmupSteps: 90, learningRate: 0.003 }); // 0.01 × 90 / 300
});

it("asks for a rate with the cross-entropy, for which they are not tuned", () => {
  expect(() => resolve({ optimizer: ["sophia"], overrides: { loss: "cross-entropy" } })).toThrow(
    "--lr: give a learning rate, sophia has no tuned one",
  );
});

it("warns where the network is another than that of the study", () => {
  const flags: RunFlags = { optimizer: ["amsgrad"], overrides: { activation: "relu" } };
  expect(untunedNetwork(flags, resolveRunConfig(flags))).toBe(
    "--activation: the rates of AMSGrad are tuned for 784,256,64,256,784 and tanh; give --lr",
  );
});
