// Several rates, variants and seeds of one command line.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveAuditConfig } from "../../src/config/audit-resolve.js";
import { type RunFlags, resolveRunConfig } from "../../src/config/resolve.js";
import { type SeedFlags, seedOfFlags } from "../../src/config/seeds.js";
import { parseRunName, runName } from "../../src/results/run-name.js";
import { temporaryFolder } from "../support/cli.js";

const resolve = (flags: Partial<RunFlags>) => resolveRunConfig({ overrides: {}, ...flags });
const labelsAndRates = (flags: Partial<RunFlags>) =>
  resolve(flags).optimizers.map(({ label, learningRate }) => `${label} ${learningRate}`);

describe("several rates", () => {
  it.each<[string, Partial<RunFlags>, string[]]>([
    [
      "one optimizer",
      { optimizer: ["adam"], lr: [0.001, 0.002] },
      ["adam-lr0.001 0.001", "adam-lr0.002 0.002"],
    ],
    ["one rate each", { optimizer: ["rp", "adam"], lr: [20, 0.1] }, ["rp 20", "adam 0.1"]],
    ["one rate each, of a list", { optimizer: ["rp,adam"], lr: [20, 0.1] }, ["rp 20", "adam 0.1"]],
    [
      "rates behind each",
      { optimizer: ["rp", "adam"], lr: [9, 0.1, 0.2], lrAfter: [1, 2, 2] },
      ["rp 9", "adam-lr0.1 0.1", "adam-lr0.2 0.2"],
    ],
    [
      "tuned rates where none is behind",
      { optimizer: ["rp", "adam", "sgd"], lr: [9, 8], lrAfter: [1, 1] },
      ["rp-lr9 9", "rp-lr8 8", "adam 0.001", "sgd 5"],
    ],
    ["rates before", { optimizer: ["rp", "adam"], lr: [9, 1], lrAfter: [0, 0] }, ["rp 9", "adam 1"]],
    [
      "an optimizer that is named again",
      { optimizer: ["rp", "rp"], lr: [9, "auto"], lrAfter: [1, 2] },
      ["rp-lr9 9", "rp-lrauto auto"],
    ],
    ["rates of variants", { optimizer: ["rp:learningRate=3,adam"], lr: [0.1] }, ["rp 3", "adam 0.1"]],
    [
      "a large and a small one",
      { optimizer: ["sgd"], lr: [1e21, 1e-7] },
      ["sgd-lr1e21 1e+21", "sgd-lr1e-7 1e-7"],
    ],
  ])("%s", (_, flags, expected) => {
    expect(labelsAndRates(flags)).toEqual(expected);
  });

  it("of a configuration's only optimizer", () => {
    const config = join(temporaryFolder(), "c.json");
    writeFileSync(config, JSON.stringify({ optimizers: [{ name: "rp", label: "mine", learningRate: 1 }] }));
    expect(labelsAndRates({ config, lr: [2, 3] })).toEqual(["mine-lr2 2", "mine-lr3 3"]);
  });
});

describe("variants", () => {
  it("have settings by their names in a configuration, and the tuned rate", () => {
    const { optimizers } = resolve({
      optimizer: ["rp", "rp:momentum=0.9,outputs=32", "sgd:momentum=0.5,nesterov=true"],
    });
    expect(optimizers).toMatchObject([
      { name: "rp", label: "rp", learningRate: 20, momentum: 0, curvature: "exact" },
      {
        ...{ name: "rp", label: "rp-momentum-0.9-outputs-32", learningRate: 20 },
        ...{ momentum: 0.9, curvature: { outputs: 32 } },
      },
      { name: "sgd", label: "sgd-momentum-0.5-nesterov", momentum: 0.5, nesterov: true },
    ]);
  });

  it("change what the configuration has, and win over flags for all", () => {
    const [fast, plain, other] = resolve({
      optimizer: ["rp-fast:momentum=0.5", "rp:momentum=0", "rp:label=mine,curvature=sampled"],
      momentum: 0.8,
    }).optimizers;
    expect(fast).toMatchObject({ label: "rp-fast-momentum-0.5", momentum: 0.5, safeguard: true });
    expect(plain).toMatchObject({ label: "rp-momentum-0", momentum: 0 });
    expect(other).toMatchObject({ label: "mine", momentum: 0.8, curvature: { outputs: 32 } });
  });

  it("have labels that do not depend on what stands beside them, are short and name files", () => {
    const many = "rp:momentum=0.95,outputs=32,curvatureDecay=0.9,safeguard=true,warmupSteps=30";
    const [alone] = resolve({ optimizer: [many] }).optimizers;
    const [, beside] = resolve({ optimizer: ["rp", many] }).optimizers;
    expect(alone.label).toBe(beside.label);
    expect(alone.label).toBe("rp-m0.95-o32-cd0.9-s-ws30");
    expect(alone.label.length).toBeLessThanOrEqual(40);
    const identity = {
      problem: "mnist" as const,
      label: "rp-momentum-0.9",
      variant: "",
      learningRate: 2,
      seed: 3,
    };
    expect(parseRunName(runName(identity))).toEqual(identity);
  });

  it("give a user's own optimizer its settings, whatever its path holds", () => {
    const folder = join(temporaryFolder(), "a,b:c=1");
    mkdirSync(folder);
    const path = join(folder, "mine.mjs");
    writeFileSync(path, "export default {};");
    expect(resolve({ optimizer: [path], lr: [1] }).optimizers).toMatchObject([
      { label: "mine", settings: {} },
    ]);
    const plain = join(temporaryFolder(), "mine.mjs");
    writeFileSync(plain, "export default {};");
    const text = `${plain}:beta=0.5,mode=fast,learningRate=2,adam`;
    expect(resolve({ optimizer: [text] }).optimizers).toMatchObject([
      { label: "mine-beta-0.5-mode-fast", learningRate: 2, settings: { beta: 0.5, mode: "fast" } },
      { name: "adam", label: "adam" },
    ]);
  });

  it.each<[Partial<RunFlags>, string]>([
    [{ optimizer: ["rp:foo=1"] }, "rp:foo=1: rp has no setting foo; it has outputs, curvature, "],
    [{ optimizer: ["adam:outputs=3"] }, "adam:outputs=3: adam has no setting outputs; it has beta1, "],
    [{ optimizer: ["rp:momentum=1.5"] }, "rp:momentum=1.5: momentum: must be from 0 to below 1, got 1.5"],
    [{ optimizer: ["rp:outputs=0.5"] }, "rp:outputs=0.5: outputs: must be a whole number, got 0.5"],
    [{ optimizer: ["adam:beta1=x"] }, 'adam:beta1=x: beta1: must be a number from 0 to below 1, got "x"'],
    [
      { optimizer: ["rp:learningRate=-1"] },
      "rp:learningRate=-1: learningRate: must be a positive number, got -1",
    ],
    [
      { optimizer: ["rp:nesterov=true"] },
      "rp:nesterov=true: nesterov: needs a momentum above 0 (--momentum)",
    ],
    [{ optimizer: ["rp:momentum=0.1,momentum=0.2"] }, "momentum is there twice, the second time as 0.2"],
    [{ optimizer: ["rp:momentum"] }, "rp:momentum: a setting has a value, as in rp:momentum=0.9"],
    [{ optimizer: ["rp:"] }, "rp:: a setting has a value, as in rp:momentum=0.9"],
    [{ optimizer: ["adam:__proto__=1"] }, "adam:__proto__=1: adam has no setting __proto__; it has "],
    [{ optimizer: ["adam:toString=1"] }, "adam:toString=1: adam has no setting toString; it has "],
    [{ optimizer: ["rp:momentum="] }, "rp:momentum=: a setting has a value, as in rp:momentum=0.9"],
    [
      { optimizer: ["rp:outputs=8,momentum="] },
      "rp:outputs=8,momentum=: a setting has a value, as in rp:momentum=0.9",
    ],
    [{ optimizer: ["rp,momentum=0.9"] }, "settings stand behind a colon, rp:momentum=0.9"],
    [{ optimizer: ["rp,,adam"] }, 'an optimizer without a name in "rp,,adam"; take the comma out'],
    [{ optimizer: [""] }, 'an optimizer without a name in ""'],
    [
      { optimizer: ["rp:curvature=exact,outputs=3"] },
      "outputs goes with curvature=sampled, got curvature=exact",
    ],
    [
      { optimizer: ["rp:momentum=0.9", "rp:momentum=0.9"] },
      '"rp-momentum-0.9" is there twice with the rate 20; take one out, or tell them apart, as in rp:momentum=0.9,label=other',
    ],
    [
      { optimizer: ["rp:label=A_b"] },
      'rp:label=A_b: label: must be of the characters a-z, 0-9, . and -, got "A_b"',
    ],
    [{ optimizer: ["rp:label=adam"] }, '"adam" is the name of another optimizer than rp'],
  ])("refuses %j", (flags, message) => {
    expect(() => resolve(flags)).toThrow(/^--optimizer: /);
    expect(() => resolve(flags)).toThrow(message);
    expect(() => resolve(flags)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it.each<[Partial<RunFlags>, string]>([
    [{ optimizer: ["adam"], lr: [1, 1] }, "--lr: 1 is given twice for adam; take one out"],
    [{ optimizer: ["rp:learningRate=2"], lr: [3] }, "--lr: rp:learningRate=2 has a rate already, got 3"],
    [{ optimizer: ["rp", "adam"], lr: [1, 2, 3] }, "got 3 for 2"],
    [
      { optimizer: ["rp", "adam"], lr: [1, 2], lrAfter: [0, 2] },
      "--lr: 1 stands before the first --optimizer",
    ],
  ])("refuses the rates of %j", (flags, message) => {
    expect(() => resolve(flags)).toThrow(message);
  });

  it("are too many for an audit, which is of one optimizer", () => {
    const message = "--optimizer: an audit is of one optimizer, got rp,adam";
    expect(() => resolveAuditConfig({ optimizer: "rp,adam", overrides: {} })).toThrow(message);
  });
});

describe("seeds", () => {
  it.each<[SeedFlags, number | number[] | undefined]>([
    [{}, undefined],
    [{ seed: [3] }, 3],
    [{ seed: [3, 1] }, [3, 1]],
    [{ seeds: 1 }, 0],
    [{ seeds: 3 }, [0, 1, 2]],
  ])("%j", (flags, seed) => expect(seedOfFlags(flags)).toEqual(seed));

  it.each<[SeedFlags, string]>([
    [
      { seeds: 3, seed: [5] },
      "--seeds: says how many, and --seed 5 which ones; give one of the two, got --seeds 3",
    ],
    [{ seed: [1, 2, 1] }, "--seed: 1 is given twice; take one out"],
    [{ seeds: 0 }, "--seeds: must be a whole number from 1 to 1000, got 0"],
    [{ seeds: 2.5 }, "--seeds: must be a whole number from 1 to 1000, got 2.5"],
  ])("refuses %j", (flags, message) => expect(() => seedOfFlags(flags)).toThrow(message));

  it.each<[unknown, string]>([
    [[0, 0], "seed: must not hold a seed twice"],
    [[], "seed: must hold at least one seed"],
    [[-1], "seed[0]: must be at least 0, got -1"],
    ["a", 'seed: must be a whole number or a list of whole numbers, got "a"'],
    [1.5, "seed: must be a whole number, got 1.5"],
  ])("names a file's %j", (seed, message) => {
    const config = join(temporaryFolder(), "c.json");
    writeFileSync(config, JSON.stringify({ seed }));
    expect(() => resolve({ config })).toThrow(message);
  });
});
