import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configurationSchemas } from "../../src/config/json-schemas.js";
import {
  finalSeedsOf,
  resolveStudyConfig,
  studyConfigPath,
  tuningSeedsOf,
} from "../../src/config/study-resolve.js";
import { root, temporaryFolder } from "../support/cli.js";
import { TINY, writeStudy } from "../support/study.js";

const paper = join(root, "configs", "paper.json");

describe("resolveStudyConfig", () => {
  it.each(["paper", "extensions", "quick"])("takes %s, which comes with the program, by name", (name) => {
    const config = resolveStudyConfig(studyConfigPath(name), {});
    expect(config.tuningSeeds).toBeGreaterThanOrEqual(2);
    expect(config.mostRates).toBe(12);
    // The same number of first rates for every optimizer: an equal budget.
    expect(new Set(config.optimizers.map(({ learningRates }) => learningRates.length)).size).toBe(1);
  });

  it("has the study of the poster: three datasets, five seeds, three on CIFAR-10", () => {
    const { datasets, epochs, optimizers } = resolveStudyConfig(paper, {});
    expect(datasets.map(({ name, finalSeeds, tuningEpochs }) => [name, finalSeeds, tuningEpochs])).toEqual([
      ["mnist", 5, 3],
      ["fashion-mnist", 5, 3],
      ["cifar10", 3, 2],
    ]);
    expect(datasets.map(({ layerSizes }) => layerSizes)).toEqual([
      [784, 256, 64, 256, 784],
      [784, 256, 64, 256, 784],
      [3072, 256, 64, 256, 3072],
    ]);
    expect(epochs).toBe(10);
    expect(optimizers.map(({ label }) => label)).toEqual(["rp", "adam", "sgd"]);
    expect(optimizers[0]).toMatchObject({ curvature: "exact", momentum: 0 });
  });

  it("runs every optimizer of the paper with the same settings in the extensions", () => {
    const [base, more] = ["paper", "extensions"].map((name) => resolveStudyConfig(studyConfigPath(name), {}));
    expect(more.optimizers).toEqual(expect.arrayContaining(base.optimizers));
    expect({ ...more, optimizers: [] }).toEqual({ ...base, optimizers: [] });
  });

  it("begins the search of a user's own optimizer where Adam's begins, unless told", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "mine.mjs"), "");
    const adam = resolveStudyConfig(paper, {}).optimizers.find(({ name }) => name === "adam");
    const own = { name: "./mine.mjs", label: "told", learningRates: [3, 4] };
    const path = writeStudy(folder, { optimizers: [{ name: "./mine.mjs" }, own] });
    const { optimizers } = resolveStudyConfig(path, {});
    expect(optimizers.map(({ label, learningRates }) => [label, learningRates])).toEqual([
      ["mine", adam?.learningRates],
      ["told", [3, 4]],
    ]);
  });

  it("keeps tuning seeds apart from final ones, wherever they begin", () => {
    for (const seed of [0, 7]) {
      const config = resolveStudyConfig(paper, { seed });
      expect(finalSeedsOf(config, config.datasets[0])).toEqual([0, 1, 2, 3, 4].map((i) => seed + i));
      expect(tuningSeedsOf(config)).toEqual([seed + 1000, seed + 1001]);
    }
  });

  it("shortens tuning with --epochs, but never beyond what it was", () => {
    const epochs = (count: number) =>
      resolveStudyConfig(paper, { epochs: count }).datasets.map(({ tuningEpochs }) => tuningEpochs);
    expect(epochs(1)).toEqual([1, 1, 1]);
    expect(epochs(50)).toEqual([3, 3, 2]);
  });

  const rp = TINY.optimizers[0];
  it.each([
    [
      { optimizers: [{ name: "rp", learningRates: [] }] },
      /optimizers\[0\]\.learningRates: must hold at least one rate/,
    ],
    [{ optimizers: [{ name: "rp" }] }, /optimizers\[0\]\.learningRates: must be a list of rates/],
    [
      { optimizers: [{ ...rp, learningRates: [0] }] },
      /optimizers\[0\]\.learningRates\[0\]: must be a positive number/,
    ],
    [
      { optimizers: [{ ...rp, learningRates: [1, 1] }] },
      /optimizers\[0\]\.learningRates: must not hold a rate twice/,
    ],
    [{ optimizers: [{ ...rp, learningRate: 3 }] }, /learningRate/],
    [{ optimizers: [] }, /optimizers: must name at least one optimizer/],
    [{ optimizers: [rp, rp] }, /optimizers\[1\]\.label: "rp" is used twice; .*label/],
    [{ optimizers: [{ ...rp, nesterov: true }] }, /optimizers\[0\]\.nesterov: needs a momentum/],
    [{ optimizers: [{ ...rp, name: "adamw" }] }, /optimizers\[0\]\.name: must be one of rp, adam, sgd/],
    [
      { optimizers: [{ ...rp, curvature: { outputs: 785 } }] },
      /optimizers\[0\]\.curvature\.outputs: must be at most 784.*mnist/,
    ],
    [{ datasets: [] }, /datasets: must name at least one dataset/],
    [{ datasets: ["mnist"] }, /datasets\[0\]: must be an object, \{ "name": … \}, got "mnist"/],
    [{ dataset: "mnist" }, /is of one dataset, for rp-bench run --config/],
    [{ datasets: [{ name: "imagenet" }] }, /datasets\[0\]\.name: must be one of mnist/],
    [{ datasets: [{ name: "mnist" }, { name: "mnist" }] }, /datasets\[1\]\.name: "mnist" is there twice/],
    [
      { datasets: [{ name: "mnist", layerSizes: [10, 5, 10] }] },
      /datasets\[0\]\.layerSizes: must begin and end with 784/,
    ],
    [
      { datasets: [{ name: "mnist", finalSeeds: 0 }] },
      /datasets\[0\]\.finalSeeds: must be at least 1, got 0/,
    ],
    [{ backend: "wasm" }, /backend: goes with the tfjs engine/],
    [{ engine: "tfjs", backend: "gpu" }, /backend: must be one of auto, tensorflow, webgpu, wasm, cpu/],
    [{ tuningSeeds: 1 }, /tuningSeeds: must be at least 2, got 1/],
    [{ epochs: 0 }, /epochs: must be at least 1, got 0/],
    [{ epoch: 3 }, /epoch/],
  ])("names the key of %j", (changes, message) => {
    const path = writeStudy(temporaryFolder(), changes);
    expect(() => resolveStudyConfig(path, {})).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(() => resolveStudyConfig(path, {})).toThrow(message);
    expect(() => resolveStudyConfig(path, {})).toThrow(path);
  });

  it("names the flag where a flag is wrong, and the file that is missing or not JSON", () => {
    expect(() => resolveStudyConfig(paper, { epochs: 0 })).toThrow(/^--epochs: must be at least 1, got 0/);
    expect(() => resolveStudyConfig(paper, { tensorMegabytes: 9 })).toThrow(
      /^--tensor-memory: goes with the tfjs engine \(--engine tfjs\), got 9/,
    );
    expect(() => studyConfigPath("quik")).toThrow("quik: neither a file nor one of paper, extensions, quick");
    expect(() => resolveStudyConfig("nowhere.json", {})).toThrow(/^nowhere\.json: cannot be read/);
    const path = join(temporaryFolder(), "broken.json");
    writeFileSync(path, "{");
    expect(() => resolveStudyConfig(path, {})).toThrow(/broken\.json: not JSON/);
  });
});

it("publishes the JSON schemas that the program's own give: npm run schemas", () => {
  for (const [name, text] of Object.entries(configurationSchemas())) {
    expect(JSON.parse(readFileSync(join(root, "configs", name), "utf8"))).toEqual(JSON.parse(text));
  }
});

it.each(["mnist", "fashion-mnist", "cifar10", "paper", "extensions", "quick"])(
  "%s.json points editors to its schema",
  (name) => {
    const { $schema } = JSON.parse(readFileSync(join(root, "configs", `${name}.json`), "utf8"));
    expect(JSON.parse(readFileSync(join(root, "configs", $schema), "utf8")).title).toMatch(
      /Configuration of rp-bench/,
    );
  },
);
