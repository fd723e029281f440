import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type RunFlags, resolveRunConfig, untunedNetwork } from "../../src/config/resolve.js";
import { root, sharedFolder, temporaryFolder } from "../support/cli.js";

const resolve = (flags: Partial<RunFlags> = {}) => resolveRunConfig({ overrides: {}, ...flags });
const withFile = (content: unknown, flags: Partial<RunFlags> = {}) => {
  const config = join(temporaryFolder(), "c.json");
  writeFileSync(config, typeof content === "string" ? content : JSON.stringify(content));
  return { config, resolve: () => resolve({ config, ...flags }) };
};

describe("resolveRunConfig", () => {
  it("takes the dataset's tuned rates by default", () => {
    const preset = JSON.parse(readFileSync(join(root, "configs", "mnist.json"), "utf8"));
    const config = resolve();
    expect(config.optimizers).toMatchObject(preset.optimizers);
    expect(config.optimizers.map(({ label, learningRate }) => [label, learningRate])).toEqual([
      ["rp", 20],
      ["adam", 0.001],
      ["sgd", 5],
      ["rp-fast", preset.optimizers[3].learningRate],
    ]);
    expect(config).toMatchObject({
      batchSize: 100,
      epochs: 10,
      seed: 0,
      activation: "tanh",
      saveParameters: true,
    });
    expect(config.layerSizes).toEqual([784, 256, 64, 256, 784]);
  });

  it("lets flags win over the file, and the file over the preset", () => {
    const file = {
      epochs: 3,
      seed: 5,
      optimizers: [{ name: "adam", learningRate: 0.5, label: "adam-fast" }],
    };
    const config = withFile(file, { overrides: { epochs: 4 } }).resolve();
    expect(config).toMatchObject({ epochs: 4, seed: 5, batchSize: 100 });
    expect(config.optimizers).toHaveLength(1);
    expect(config.optimizers[0]).toMatchObject({ label: "adam-fast", learningRate: 0.5, beta2: 0.999 });
  });

  it("selects optimizers with their tuned or given rates", () => {
    expect(resolve({ optimizer: ["sgd", "rp"] }).optimizers.map(({ learningRate }) => learningRate)).toEqual([
      5, 20,
    ]);
    const given = resolve({ optimizer: ["sgd", "rp"], lr: [1, 2], momentum: 0.5, nesterov: true });
    expect(given.optimizers).toMatchObject([
      { name: "sgd", learningRate: 1, momentum: 0.5, nesterov: true },
      { name: "rp", learningRate: 2, momentum: 0.5, nesterov: true },
    ]);
    const [, adam] = resolve({ momentum: 0.5 }).optimizers;
    expect(adam).not.toHaveProperty("momentum");
  });

  it("gives sampling to rp alone, names it by its count, and draws 32 where not told", () => {
    const [rp, adam] = resolve({ outputs: 16, curvatureDecay: 0.9 }).optimizers;
    expect(rp).toMatchObject({ label: "rp-sampled16", curvature: { outputs: 16 }, curvatureDecay: 0.9 });
    expect(adam).not.toHaveProperty("curvature");
    expect(resolve({ curvature: "sampled" }).optimizers[0]).toMatchObject({ label: "rp-sampled32" });
    expect(resolve({ curvature: "exact" }).optimizers[0]).toMatchObject({ label: "rp", curvature: "exact" });
  });

  it.each<[Partial<RunFlags>, string]>([
    [
      { overrides: { dataset: "imagenet" } },
      '--dataset: must be one of mnist, fashion-mnist, cifar10, got "imagenet"',
    ],
    [
      { optimizer: ["lion"] },
      '--optimizer: must be one of rp, adam, sgd, adamw, amsgrad, rmsprop, adagrad, adahessian, sophia, or the path of a module, ./mine.mjs, got "lion"',
    ],
    [
      { optimizer: ["./mine.ts"], lr: [1] },
      '--optimizer: the path of a module must end in .js or .mjs, got "./mine.ts"',
    ],
    [{ optimizer: ["rp"], lr: [-1] }, "--lr: must be a positive number, got -1"],
    [{ optimizer: ["rp"], lr: [0] }, "--lr: must be a positive number, got 0"],
    [{ optimizer: ["rp"], lr: [Infinity] }, "--lr: must be a positive number, got Infinity"],
    [
      { lr: [1] },
      "--lr: give one rate for each --optimizer, in the same order, or write the rates of each after it, --optimizer rp --lr 10 --lr 20 --optimizer adam; got 1 for 4",
    ],
    [
      { optimizer: ["adam"], momentum: 0.9 },
      "--momentum, --nesterov: of no use to adam; choose rp or sgd or rmsprop",
    ],
    [{ momentum: 1 }, "--momentum: must be from 0 to below 1, got 1"],
    [{ nesterov: true }, "--nesterov: needs a momentum above 0 (--momentum)"],
    [{ outputs: 0 }, "--outputs: must be at least 1, got 0"],
    [{ outputs: 1.5 }, "--outputs: must be a whole number, got 1.5"],
    [{ outputs: 785 }, "--outputs: must be at most 784, the outputs of the network, got 785"],
    [{ outputs: 3, curvature: "exact" }, "--outputs: goes with --curvature sampled, got 3 with exact"],
    [{ curvatureDecay: 1 }, "--curvature-decay: must be from 0 to below 1, got 1"],
    [
      { optimizer: ["adam"], outputs: 3 },
      "--curvature, --outputs, --curvature-decay: of no use to adam; choose rp or adahessian or sophia",
    ],
    [
      { optimizer: ["rp", "rp"] },
      '--optimizer: "rp" is there twice with the rate 20; take one out, or tell them apart, as in rp:label=other',
    ],
    [
      { optimizer: ["adam"], lr: ["auto"] },
      '--lr: must be a positive number, as only rp has "auto", got "auto"',
    ],
    [
      { optimizer: ["rp"], lr: ["auto"], momentum: 0.9 },
      '--lr: "auto" computes momentum, too, and needs no warm-up; leave out momentum, nesterov and warmupSteps',
    ],
    [{ exponent: 1.5 }, "--exponent: must be from 0 to 1, got 1.5"],
    [{ exponent: -0.5 }, "--exponent: must be from 0 to 1, got -0.5"],
    [{ optimizer: ["adam"], exponent: 0.5 }, "--safeguard, --exponent: of no use to adam; choose rp"],
    [
      { optimizer: ["rp"], safeguard: true },
      "--safeguard: needs an average, a curvatureDecay above 0 (--curvature-decay)",
    ],
    [{ warmupSteps: -1 }, "--warmup-steps: must be at least 0, got -1"],
    [{ warmupSteps: 5401 }, "--warmup-steps: must be at most 5400, the steps of the run, got 5401"],
    [
      { warmupSteps: 19, overrides: { trainLimit: 1000, epochs: 2 } },
      "--warmup-steps: must be at most 18, the steps of the run, got 19",
    ],
    [{ overrides: { loss: "hinge" } }, '--loss: must be one of mse, cross-entropy, got "hinge"'],
    [
      { overrides: { loss: "cross-entropy", curvatureBound: "tight" } },
      '--curvature-bound: must be one of jaakkola-jordan, exact, boehning, got "tight"',
    ],
    [
      { overrides: { curvatureBound: "exact" } },
      "--curvature-bound: goes with the loss cross-entropy (--loss), got exact with mse",
    ],
    [{ overrides: { batchSize: 0 } }, "--batch-size: must be at least 1, got 0"],
    [{ overrides: { epochs: 1.5 } }, "--epochs: must be a whole number, got 1.5"],
    [{ overrides: { threads: 257 } }, "--threads: must be at most 256, got 257"],
    [
      { overrides: { engine: "gpu" } },
      '--engine: must be one of auto, native, wasm, reference, tfjs, got "gpu"',
    ],
    [
      { overrides: { layerSizes: [784, 10, 783] } },
      "--layers: must begin and end with 784, the image size of mnist, got 784,10,783",
    ],
    [{ overrides: { layerSizes: [784, 0, 784] } }, "--layers: must be at least 1, got 0"],
    [{ overrides: { targetLoss: -0.1 } }, "--target: must be a positive number, got -0.1"],
  ])("refuses %j", (flags, message) => {
    expect(() => resolve(flags)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message }));
  });

  it.each<[unknown, string]>([
    [{ epoch: 3 }, 'the configuration: unrecognized key: "epoch"'],
    [{ epochs: "3" }, 'epochs: must be a whole number, got "3"'],
    [{ optimizers: [] }, "optimizers: must name at least one optimizer, got []"],
    [
      { optimizers: [{ name: "rp" }] },
      "optimizers[0].learningRate: must be a positive number, but it is missing",
    ],
    [
      { optimizers: [{ name: "adam", learningRate: 1, momentum: 0.9 }] },
      'optimizers[0]: unrecognized key: "momentum"',
    ],
    [
      { optimizers: [{ name: "rp", learningRate: 1, label: "RP!" }] },
      'optimizers[0].label: must be of the characters a-z, 0-9, . and -, got "RP!"',
    ],
    [
      { optimizers: [{ name: "rp", learningRate: 1, curvature: { outputs: -1 } }] },
      "optimizers[0].curvature.outputs: must be at least 1, got -1",
    ],
    [
      { optimizers: [{ name: "rp", learningRate: 1, curvature: "diagonal" }] },
      'optimizers[0].curvature: must be "exact" or { "outputs": a count of at least 1 }, got "diagonal"',
    ],
    [
      { optimizers: [{ name: "rp", learningRate: 1, label: "sgd" }] },
      'optimizers[0].label: "sgd" is the name of another optimizer than rp',
    ],
    [
      { optimizers: [{ name: "rp", learningRate: 1, label: "x".repeat(41) }] },
      "optimizers[0].label: must have at most 40 characters",
    ],
    [{ optimizers: [null] }, "optimizers[0]: "],
    [{ optimizers: "bogus" }, 'optimizers: must be a list of optimizers, got "bogus"'],
    [{ layerSizes: [784, 1000000, 784] }, "layerSizes: make too many parameters, more than 1073741824"],
    [{ dataset: 3 }, "dataset: must be one of mnist, fashion-mnist, cifar10, got 3"],
    ["[]", "must hold one JSON object"],
    ["{", "not JSON"],
  ])("names the key of a file: %j", (content, message) => {
    const file = withFile(content);
    expect(file.resolve).toThrow(`${file.config}: ${message}`);
    // Also where a flag takes its place.
    const flags = { optimizer: ["adam"], overrides: { epochs: 1 } };
    expect(withFile(content, flags).resolve).toThrow(message);
  });

  it("takes the rates that are tuned for the dataset and the loss", () => {
    const config = resolve({ overrides: { loss: "cross-entropy" } });
    const preset = JSON.parse(readFileSync(join(root, "configs", "mnist-cross-entropy.json"), "utf8"));
    expect(config.optimizers).toMatchObject(preset.optimizers);
    expect(config).toMatchObject({ loss: "cross-entropy", curvatureBound: "jaakkola-jordan" });
    expect(resolve({ config: "mnist", overrides: { loss: "cross-entropy" } })).toEqual(config);
    expect(resolve({ config: "mnist-cross-entropy" })).toEqual(config);
    expect(resolve({ config: "mnist-cross-entropy", overrides: { loss: "mse" } })).toEqual(resolve());
    const own = withFile({ loss: "cross-entropy", optimizers: [{ name: "rp", learningRate: 3 }] }).resolve();
    expect(own).toMatchObject({ loss: "cross-entropy", optimizers: [{ learningRate: 3 }] });
  });

  it("selects the preset rp-fast by its label, and ends its warm-up with a shorter run", () => {
    const [fast] = resolve({ optimizer: ["rp-fast"] }).optimizers;
    expect(fast).toMatchObject({
      ...{ name: "rp", label: "rp-fast", curvature: { outputs: 32 }, curvatureDecay: 0.9 },
      ...{ safeguard: true, momentum: 0.95, warmupSteps: 300, exponent: 1 },
    });
    const short = { trainLimit: 1000, epochs: 2 };
    expect(resolve({ optimizer: ["rp-fast"], overrides: short }).optimizers).toMatchObject([
      { warmupSteps: 18 },
    ]);
    const copied = withFile({ ...short, optimizers: [{ ...fast, label: "mine" }] });
    expect(copied.resolve).toThrow(
      `${copied.config}: optimizers[0].warmupSteps: must be at most 18, the steps of the run, got 300`,
    );
  });

  it("has rp choose its own rate", () => {
    expect(resolve({ optimizer: ["rp", "adam"], lr: ["auto", 0.1] }).optimizers).toMatchObject([
      { name: "rp", learningRate: "auto" },
      { name: "adam", learningRate: 0.1 },
    ]);
  });

  it("takes a configuration that comes with the program by name, as a study does", () => {
    expect(resolve({ config: "cifar10" })).toEqual(resolve({ overrides: { dataset: "cifar10" } }));
    const message = "mnis: neither a file nor one of mnist, fashion-mnist, cifar10";
    expect(() => resolve({ config: "mnis" })).toThrow(message);
    expect(() => resolve({ config: "quick" })).toThrow(/quick\.json: is a study, for rp-bench sweep quick$/);
  });

  it("warns where flags change the network that the tuned rates are for, and of nothing else", () => {
    const note = (flags: Partial<RunFlags>) => untunedNetwork({ overrides: {}, ...flags }, resolve(flags));
    const network = { layerSizes: [784, 9, 784], activation: "relu" };
    expect(note({ overrides: network })).toBe(
      "--layers, --activation: the rates of rp, adam, sgd, rp-fast are tuned for 784,256,64,256,784 and tanh; give --lr",
    );
    expect(note({ optimizer: ["rp"], overrides: { activation: "relu" } })).toContain(
      "--activation: the rates of rp",
    );
    expect(note({ optimizer: ["rp"], lr: [20], overrides: network })).toBeNull();
    const partly = { optimizer: ["rp", "adam"], lr: [2], lrAfter: [1], overrides: network };
    expect(note(partly)).toContain("the rates of adam are tuned");
    expect(
      note({ overrides: { activation: "tanh", layerSizes: [784, 256, 64, 256, 784], epochs: 2 } }),
    ).toBeNull();
    const optimizers = [{ name: "adam", learningRate: 0.5 }];
    const { config } = withFile({ optimizers });
    expect(note({ config, overrides: network })).toBeNull();
  });

  it("names a file that is not there", () => {
    expect(() => resolve({ config: "/no/such.json" })).toThrow(/^\/no\/such\.json: cannot be read/);
  });
});

describe("an optimizer of the user's own", () => {
  const folder = sharedFolder();
  const path = join(folder, "Sign_v2.mjs");
  writeFileSync(path, "export default {};");
  const config = join(folder, "own.json");
  const own = (changes: object, flags: Partial<RunFlags> = {}) => {
    const entry = { name: "./Sign_v2.mjs", learningRate: 0.1, ...changes };
    writeFileSync(config, JSON.stringify({ optimizers: [entry, { name: "adam", learningRate: 1 }] }));
    return resolve({ config, ...flags }).optimizers;
  };
  const sha256 = createHash("sha256").update("export default {};").digest("hex");

  it("is found from the file that names it, and is its name and checksum", () => {
    expect(own({ settings: { beta: 0.5 } })[0]).toEqual({
      ...{ name: "module", file: "Sign_v2.mjs", sha256, path, label: "sign-v2" },
      ...{ learningRate: 0.1, settings: { beta: 0.5 } },
    });
    const given = resolve({ optimizer: [path], lr: [2] }).optimizers;
    expect(given).toMatchObject([{ file: "Sign_v2.mjs", path, learningRate: 2, settings: {} }]);
  });

  it.each([
    ["Sign_v2.mjs", "sign-v2"],
    ["__a.b__.js", "a-b"],
    [`${"x".repeat(50)}.js`, "x".repeat(40)],
    ["规则.js", "own"],
    ["AdamW.mjs", "own-adamw"], // the program has an adamw
  ])("is labelled by its file: %s", (file, label) => {
    writeFileSync(join(folder, file), "export default {};");
    expect(resolve({ optimizer: [join(folder, file)], lr: [1] }).optimizers[0].label).toBe(label);
  });

  it("is chosen from a configuration by its label or its path", () => {
    for (const name of ["mine", path]) {
      expect(own({ label: "mine", settings: { beta: 0.5 } }, { optimizer: [name] })).toMatchObject([
        { label: "mine", learningRate: 0.1, settings: { beta: 0.5 } },
      ]);
    }
  });

  it("leaves the flags of others to them", () => {
    const [module, adam] = own({ label: "mine" }, { momentum: 0.9, optimizer: ["mine", "sgd"] });
    expect(module).not.toHaveProperty("momentum");
    expect(adam).toMatchObject({ momentum: 0.9 });
  });

  it.each<[Partial<RunFlags>, string | RegExp]>([
    [{ optimizer: [path] }, "--lr: give a learning rate, Sign_v2.mjs has no tuned one"],
    [{ optimizer: [path], lr: [-1] }, "--lr: must be a positive number, got -1"],
    [{ optimizer: ["./gone.js"], lr: [1] }, /^--optimizer: \.\/gone\.js cannot be read \(ENOENT/],
    [
      { optimizer: [path], lr: [1], momentum: 0.9 },
      "--momentum, --nesterov: of no use to Sign_v2.mjs; choose rp or sgd or rmsprop",
    ],
    [{ optimizer: [path, path], lr: [1, 1] }, /^--optimizer: "sign-v2" is there twice with the rate 1;/],
  ])("refuses %j", (flags, message) => {
    expect(() => resolve(flags)).toThrow(message);
    expect(() => resolve(flags)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it.each<[object, string]>([
    [{ name: "./gone.js" }, "optimizers[0].name: ./gone.js cannot be read (ENOENT"],
    [{ learningRate: undefined }, "optimizers[0].learningRate: must be a positive number, but it is missing"],
    [
      { settings: { beta: [] } },
      "optimizers[0].settings.beta: must be a number, a text, true or false, got []",
    ],
    [{ momentum: 0.9 }, 'optimizers[0]: unrecognized key: "momentum"'],
    [{ label: "sgd" }, 'optimizers[0].label: "sgd" is the name of another optimizer than Sign_v2.mjs'],
    [{ name: "module" }, "optimizers[0].file: "],
  ])("names the key of a file: %j", (changes, message) => {
    expect(() => own(changes)).toThrow(`${config}: ${message}`);
  });
});
