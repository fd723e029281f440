// What is made of times, whatever they are.

import { beforeAll, describe, expect, it } from "vitest";
import type { Baseline } from "../../src/check/baseline.js";
import { checkAgainst, makeBaseline } from "../../src/check/check.js";
import type { CheckConfig } from "../../src/config/check-schema.js";
import { soundApparatus } from "../support/apparatus.js";

const config: CheckConfig = {
  ...{ dataset: "mnist", layerSizes: [784, 4, 784], activation: "tanh", batchSize: 10, trainLimit: 100 },
  losses: {
    ...{ seeds: [1], steps: [1] },
    optimizers: [
      { name: "sgd", label: "plain", learningRate: 1, momentum: 0, nesterov: false, warmupSteps: 0 },
    ],
  },
  ...{ networks: [], ends: null, times: { rounds: 3, factor: 1.4 } },
};

describe("times", () => {
  const notes: string[] = [];
  let sound: Awaited<ReturnType<typeof soundApparatus>>;
  let baseline: Baseline;
  beforeAll(async () => {
    sound = await soundApparatus(config);
    const made = await makeBaseline({ ...config, times: null }, sound.dataset, sound.apparatus);
    // A ratio that no machine has.
    baseline = { ...made.baseline, times: [{ label: "plain", over: "multiply-add loop", ratio: 1e12 }] };
  });
  const check = (against: Baseline) => {
    notes.length = 0;
    return checkAgainst(against, config, { ...sound.apparatus, note: (text) => notes.push(text) });
  };

  it("that are off are measured again, and then count", async () => {
    const { verdicts, timesAdvisory } = await check(baseline);
    expect(timesAdvisory).toBeNull();
    expect(notes.filter((note) => note === "times of a step")).toHaveLength(2);
    expect(verdicts.map(({ part, verdict }) => [part, verdict])).toEqual([
      ["loss", "ok"],
      ["time", "regression"],
    ]);
  });

  it("do not count where the share of the processor ran out while they were measured", async () => {
    let readings = 0;
    const throttled = () => ({ all: 100 * readings, throttled: 30 * readings++ });
    const { verdicts, timesAdvisory } = await checkAgainst(baseline, config, {
      ...sound.apparatus,
      throttled,
    });
    expect(timesAdvisory).toBe("the share of the processor that is allowed here ran out in 30 % of the time");
    expect(verdicts.at(-1)?.verdict).toBe("advisory");
  });

  it.each([
    ["another processor", { machine: { processor: "Another 3000" } }, /those of Another 3000 /],
    ["another model of it", { machine: { processorModel: "0/0/0" } }, / 0\/0\/0, this is /],
    [
      "other kernels",
      { engine: { instructionSet: "neon" } },
      /^the baseline's times are those of neon kernels/,
    ],
  ])("do not count against those of %s, and are not measured again", async (_, change, message) => {
    const { machine = {}, engine = {} } = change as Partial<Record<"machine" | "engine", object>>;
    const { verdicts, timesAdvisory } = await check({
      ...baseline,
      machine: { ...baseline.machine, ...machine },
      engine: { ...baseline.engine, ...engine },
    });
    expect(timesAdvisory).toMatch(message);
    expect(notes.filter((note) => note === "times of a step")).toHaveLength(1);
    expect(verdicts.at(-1)?.verdict).toBe("advisory");
  });
});
