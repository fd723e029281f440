// One name for an optimizer, whatever it is read from.

import { describe, expect, it } from "vitest";
import { nameOfEntry } from "../../src/config/entry-names.js";
import { runConfigSchema } from "../../src/config/schema.js";
import { nameOfStudyEntry } from "../../src/config/study-names.js";
import { studyConfigSchema } from "../../src/config/study-schema.js";
import { displayName, settingsBesideName } from "../../src/optimizers/display-name.js";

const MOMENTUM = "momentum 0.95, 32 outputs";
const FAST = `${MOMENTUM}, decay 0.9, safeguard, warm-up 300`;

describe("displayName", () => {
  it.each<[string, string | null, string | null, string, string]>([
    ["rp", "rp", "", "", "RP"],
    ["adam", "adam", "", "", "Adam"],
    ["sgd", "sgd", "", "", "SGD"],
    // What the label says, the settings say better.
    ["rp-sampled32", "rp", MOMENTUM, "", "RP, 32 outputs, momentum 0.95"],
    ["rp-sampled32-momentum", "rp", MOMENTUM, "", "RP, 32 outputs, momentum 0.95"],
    ["rp-momentum0-95-outputs32", "rp", MOMENTUM, "", "RP, 32 outputs, momentum 0.95"],
    ["rp-momentum-0.95-outputs-32-lr20", "rp", MOMENTUM, "", "RP, 32 outputs, momentum 0.95"],
    ["rp-m0.95-o32", "rp", MOMENTUM, "", "RP, 32 outputs, momentum 0.95"],
    ["adam-lr0.002", "adam", "", "", "Adam"],
    ["adam-x", "adam", "", "", "Adam x"],
    ["rp-warmup300", "rp", "warm-up 300", "", "RP, warm-up 300"],
    // A name that somebody gave.
    ["rp-fast", "rp", FAST, "", "RP fast"],
    ["mine", "sgd", "momentum 0.9", "", "mine"],
    ["rmsprop", "rmsprop.mjs", "beta 0.9", "", "rmsprop"],
    ["adam-like", "adam-like.mjs", "", "", "adam-like"],
    // Searched settings stand in a column of their own.
    ["sgd-momentum", "sgd", "momentum 0.9", "momentum-0.9", "SGD momentum"],
    ["adam", "adam", "beta1 0.95", "beta1-0.95", "Adam"],
    // Known by the log's name alone.
    ["rp", null, null, "", "RP"],
    ["rp-fast", null, null, "", "RP fast"],
    ["rp-sampled32-momentum", null, null, "", "RP momentum, 32 outputs"],
    ["mine", null, null, "", "mine"],
  ])("%s of %s with %j, searched %j: %s", (label, optimizer, settings, variant, name) => {
    expect(displayName({ label, optimizer, settings, variant })).toBe(name);
  });

  it("leaves the settings that it does not tell to a column", () => {
    expect(settingsBesideName({ label: "rp-fast", optimizer: "rp", settings: FAST })).toBe(FAST);
    expect(settingsBesideName({ label: "rp-sampled32", optimizer: "rp", settings: MOMENTUM })).toBe("");
  });
});

it("names a configuration's optimizers as their runs are named", () => {
  const settings = { curvature: { outputs: 32 }, momentum: 0.95 };
  const { optimizers } = runConfigSchema.parse({
    optimizers: [
      { name: "rp", learningRate: 20, ...settings },
      { name: "adam", learningRate: 0.001 },
    ],
  });
  expect(optimizers.map(nameOfEntry)).toEqual(["RP, 32 outputs, momentum 0.95", "Adam"]);
  const study = studyConfigSchema.parse({
    datasets: [{ name: "mnist", tuningEpochs: 1, finalSeeds: 1 }],
    optimizers: [
      { name: "rp", learningRates: [20], ...settings },
      { name: "adam", learningRates: [0.001], search: { beta1: [0.9, 0.95] } },
    ],
  });
  expect(study.optimizers.map(nameOfStudyEntry)).toEqual(["RP, 32 outputs, momentum 0.95", "Adam"]);
});
