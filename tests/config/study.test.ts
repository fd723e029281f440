import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configurationSchemas } from "../../src/config/json-schemas.js";
import { titleOfProblem } from "../../src/config/study-problems.js";
import {
  finalSeedsOf,
  optimizerAt,
  resolveStudyConfig,
  studyConfigPath,
  tuningSeedsOf,
} from "../../src/config/study-resolve.js";
import { variantsOf } from "../../src/config/study-search.js";
import { root, temporaryFolder } from "../support/cli.js";
import { TINY, writeStudy } from "../support/study.js";

const paper = join(root, "configs", "paper.json");

describe("resolveStudyConfig", () => {
  it.each(["paper", "extensions", "rivals", "overfitting", "readings", "quick"])(
    "takes %s, which comes with the program, by name",
    (name) => {
      const config = resolveStudyConfig(studyConfigPath(name), {});
      expect(config.tuningSeeds).toBeGreaterThanOrEqual(2);
      expect(config.mostRates).toBe(12);
      // The same number of first rates and of other settings for every optimizer: an equal budget.
      const { optimizers } = config;
      expect(new Set(optimizers.map(({ learningRates }) => learningRates.length)).size).toBe(1);
      expect(new Set(optimizers.map((entry) => variantsOf(entry).length)).size).toBe(1);
      expect(config.mostTrials).toBe(["extensions", "rivals"].includes(name) ? 48 : 24);
    },
  );

  it("has the study of the poster: three datasets, both losses, five seeds, three on CIFAR-10", () => {
    const { datasets, epochs, optimizers } = resolveStudyConfig(paper, {});
    expect(
      datasets.map(({ problem, loss, finalSeeds, tuningEpochs }) => [
        problem,
        loss,
        finalSeeds,
        tuningEpochs,
      ]),
    ).toEqual([
      ["mnist", "mse", 5, 3],
      ["fashion-mnist", "mse", 5, 3],
      ["cifar10", "mse", 3, 2],
      ["mnist-cross-entropy", "cross-entropy", 5, 3],
      ["fashion-mnist-cross-entropy", "cross-entropy", 5, 3],
      ["cifar10-cross-entropy", "cross-entropy", 3, 2],
    ]);
    const sizes = [
      [784, 256, 64, 256, 784],
      [784, 256, 64, 256, 784],
      [3072, 256, 64, 256, 3072],
    ];
    expect(datasets.map(({ layerSizes }) => layerSizes)).toEqual([...sizes, ...sizes]);
    expect(epochs).toBe(10);
    expect(optimizers.map(({ label }) => label)).toEqual(["rp", "adam", "sgd"]);
    expect(optimizers[0]).toMatchObject({ curvature: "exact", momentum: 0 });
  });

  it("has the problems of the paper in the extensions, and there the same settings searched for all", () => {
    const [base, more] = ["paper", "extensions"].map((name) => resolveStudyConfig(studyConfigPath(name), {}));
    expect({ ...more, optimizers: [], mostTrials: 0 }).toEqual({ ...base, optimizers: [], mostTrials: 0 });
    const searched = more.optimizers.map((entry) =>
      variantsOf(entry).map(({ words }) => words.replace("beta1", "momentum")),
    );
    expect(new Set(searched.map(String)).size).toBe(1);
  });

  it("has every loss with every activation in the readings, and few images for long in overfitting", () => {
    const problemsOf = (name: string) =>
      resolveStudyConfig(studyConfigPath(name), {}).datasets.map(({ problem }) => problem);
    expect(problemsOf("readings")).toEqual([
      ...["mnist", "mnist-relu", "mnist-sigmoid"],
      ...["mnist-cross-entropy", "mnist-cross-entropy-relu", "mnist-cross-entropy-sigmoid"],
    ]);
    expect(problemsOf("overfitting")).toEqual([
      ...["mnist-1000-images", "mnist-5000-images"],
      ...["mnist-cross-entropy-1000-images", "mnist-cross-entropy-5000-images"],
    ]);
  });

  it("gives each problem what its entry has, else what the study has, and tells both in name and title", () => {
    const datasets = [
      { name: "mnist" },
      { name: "mnist", loss: "cross-entropy", epochs: 7, evalEvery: null, curvatureBound: "boehning" },
      { name: "mnist", activation: "relu", trainLimit: 1000 },
      { name: "mnist", trainLimit: null },
      { name: "mnist", problem: "wide", layerSizes: [784, 32, 784] },
      { name: "mnist", problem: "named", title: "As I like it" },
    ];
    const study = resolveStudyConfig(writeStudy(temporaryFolder(), { datasets }), {});
    const told = study.datasets.map((one) => [one.problem, titleOfProblem(one, study, "MNIST (copy)")]);
    expect(told).toEqual([
      ["mnist", "MNIST (copy)"],
      ["mnist-cross-entropy", "MNIST (copy), cross-entropy"],
      ["mnist-relu-1000-images", "MNIST (copy), relu, 1,000 images"],
      ["mnist-all-images", "MNIST (copy), all images"],
      ["wide", "MNIST (copy) (wide)"],
      ["named", "As I like it"],
    ]);
    expect(study.datasets.slice(0, 4)).toMatchObject([
      { loss: "mse", activation: "tanh", trainLimit: 400, epochs: 2, evalEvery: 9 },
      { loss: "cross-entropy", curvatureBound: "boehning", trainLimit: 400, epochs: 7, evalEvery: null },
      { loss: "mse", activation: "relu", trainLimit: 1000, epochs: 2, evalEvery: 9 },
      { trainLimit: null },
    ]);
    // Flags go before what an entry has.
    const short = resolveStudyConfig(writeStudy(temporaryFolder(), { datasets: datasets.slice(0, 2) }), {
      ...{ epochs: 1, trainLimit: 200 },
    });
    for (const one of short.datasets)
      expect(one).toMatchObject({ epochs: 1, trainLimit: 200, tuningEpochs: 1 });
  });

  it("takes values of one setting or combinations, also of a user's own optimizer", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "mine.mjs"), "");
    const path = writeStudy(folder, {
      optimizers: [
        { name: "adam", learningRates: [1], search: { beta1: [0.9, 0.8] } },
        { name: "sgd", learningRates: [1], search: [{ momentum: 0.9, warmupSteps: 3 }, { nesterov: false }] },
        { name: "./mine.mjs", settings: { beta: 1, other: 2 }, search: [{ beta: 5 }] },
      ],
    });
    const { optimizers } = resolveStudyConfig(path, {});
    expect(optimizers.map((entry) => variantsOf(entry).map(({ name }) => name))).toEqual([
      ["beta1-0.9", "beta1-0.8"],
      ["momentum-0.9-warmup-steps-3", "nesterov-false"],
      ["beta-5"],
    ]);
    const [adam, sgd, mine] = optimizers.map((entry) => optimizerAt(entry, 7, variantsOf(entry)[0]));
    expect(adam).toMatchObject({ name: "adam", beta1: 0.9, learningRate: 7 });
    expect(sgd).toMatchObject({ momentum: 0.9, warmupSteps: 3 });
    expect(mine).toMatchObject({ settings: { beta: 5, other: 2 }, learningRate: 7 });
    expect(Object.keys(sgd)).not.toContain("search");
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
    expect(epochs(1)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(epochs(50)).toEqual([3, 3, 2, 3, 3, 2]);
  });

  const rp = TINY.optimizers[0];
  const searching = (search: unknown, more = {}) => ({ optimizers: [{ ...rp, search }], ...more });
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
    [{ optimizers: [{ ...rp, name: "lion" }] }, /optimizers\[0\]\.name: must be one of rp, adam, sgd/],
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
      { datasets: [{ name: "mnist" }, { name: "mnist", problem: "mnist" }] },
      /datasets\[1\]\.problem: "mnist" is there twice; give one of them another name as its problem/,
    ],
    [
      { datasets: [{ name: "mnist", problem: "My problem" }] },
      /datasets\[0\]\.problem: must be of the characters/,
    ],
    [
      { datasets: [{ name: "mnist", loss: "bce" }] },
      /datasets\[0\]\.loss: must be one of mse, cross-entropy/,
    ],
    [{ datasets: [{ name: "mnist", epochs: 0 }] }, /datasets\[0\]\.epochs: must be at least 1, got 0/],
    [searching({ momentum: [1.5] }), /optimizers\[0\]\.search\[0\]\.momentum: must be from 0 to below 1/],
    [searching({ beta1: [0.9] }), /optimizers\[0\]\.search\[0\].*beta1/],
    [searching([{ learningRate: 3 }]), /optimizers\[0\]\.search\[0\]\.learningRate: is not searched here/],
    [searching([{ nesterov: true }]), /optimizers\[0\]\.search\[0\]\.nesterov: needs a momentum/],
    [searching({ momentum: [0, 0] }), /optimizers\[0\]\.search: must not hold the same settings twice/],
    [searching({ momentum: [] }), /optimizers\[0\]\.search/],
    [searching([]), /optimizers\[0\]\.search/],
    [searching([{}]), /optimizers\[0\]\.search: must name a setting in every combination/],
    [searching({ momentum: [0], exponent: [1] }), /optimizers\[0\]\.search: must name one setting/],
    [searching("momentum"), /optimizers\[0\]\.search: must be \{ setting: \[values\] \} or a list/],
    [
      searching({ momentum: [0, 0.9, 0.95] }, { mostTrials: 11 }),
      /optimizers\[0\]\.search: the first rates at every setting are 12 trials, and mostTrials is 11/,
    ],
    [{ mostTrials: 0 }, /mostTrials: must be at least 1, got 0/],
    [
      searching([{ warmupSteps: 19 }]),
      /optimizers\[0\]\.search\[0\]\.warmupSteps: must be at most 18, the steps of the run, got 19/,
    ],
    [
      { optimizers: [{ ...rp, warmupSteps: 19 }] },
      /optimizers\[0\]\.warmupSteps: must be at most 18, the steps of the run, got 19/,
    ],
    [
      {
        datasets: [{ name: "mnist" }, { name: "mnist", problem: "mnist-a" }],
        optimizers: [
          { ...rp, label: "b" },
          { ...rp, label: "a-b" },
        ],
      },
      /optimizers: a-b on mnist and b on mnist-a would have the same files, mnist-a-b-…; change a label/,
    ],
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
    expect(() => studyConfigPath("quik")).toThrow(
      "quik: neither a file nor one of paper, extensions, rivals, overfitting, readings, quick",
    );
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

it.each([
  ...["mnist", "fashion-mnist", "cifar10"],
  ...["paper", "extensions", "rivals", "overfitting", "readings", "quick"],
])("%s.json points editors to its schema", (name) => {
  const { $schema } = JSON.parse(readFileSync(join(root, "configs", `${name}.json`), "utf8"));
  expect(JSON.parse(readFileSync(join(root, "configs", $schema), "utf8")).title).toMatch(
    /Configuration of rp-bench/,
  );
});
