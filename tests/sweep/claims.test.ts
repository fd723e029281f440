// What the program says about the claims, over numbers whose answer is known.

import { describe, expect, it } from "vitest";
import { firstAtMost, gapAtTrainLoss } from "../../src/results/log-measures.js";
import type { LogRow } from "../../src/results/run-log.js";
import {
  below,
  type Contender,
  comparison,
  gapDifferences,
  lossDifferences,
  reachOf,
} from "../../src/sweep/claims.js";
import type { Field } from "../../src/sweep/field.js";
import { findingsTables, findingsText } from "../../src/sweep/findings.js";
import { contender, log, seeds } from "../support/contenders.js";

describe("statistics", () => {
  it("interpolates the gap at a train loss between the evaluations around it", () => {
    const rows = [
      { ...log([0.5])[0], trainLoss: 0.4, testLoss: 0.5 },
      { ...log([0.3])[0], trainLoss: 0.2, testLoss: 0.32 },
    ];
    expect(gapAtTrainLoss(rows, 0.3)).toBeCloseTo(0.11, 12);
    expect(gapAtTrainLoss(rows, 0.2)).toBeCloseTo(0.12, 12);
    expect(gapAtTrainLoss(rows, 0.4)).toBeCloseTo(0.1, 12);
    expect(gapAtTrainLoss(rows, 0.1)).toBeNull();
    expect(gapAtTrainLoss(rows, 0.45)).toBeNull();
  });

  it("finds the first evaluation at or below a target, also where the loss rises again", () => {
    expect(firstAtMost(log([0.9, 0.5, 0.7, 0.4]), 0.5)?.step).toBe(10);
    expect(firstAtMost(log([0.9]), 0.5)).toBeUndefined();
  });
});

describe("claims", () => {
  it("compares final losses seed by seed", () => {
    // In every pair RP is 5 % above, though the seeds themselves differ tenfold.
    const adam = contender(
      "adam",
      "adam",
      seeds(5, (seed) => log([1, 0.01 * (seed + 1)])),
    );
    const rp = contender(
      "rp",
      "rp",
      seeds(5, (seed) => log([1, 0.0105 * (seed + 1)])),
    );
    const found = lossDifferences(rp, adam);
    for (const { value } of found.differences) expect(value).toBeCloseTo(0.05, 12);
    expect(found.coverage).toBe(1 - 2 / 2 ** 5);
    expect(comparison(found)).toBe("worse");
    expect(comparison(lossDifferences(adam, rp))).toBe("better");
    const near = contender(
      "rp",
      "rp",
      seeds(5, (seed) => log([1, 0.01019 * (seed + 1)])),
    );
    expect(comparison(lossDifferences(near, adam))).toBe("comparable");
  });

  it("has words for a rival whose loss is 0", () => {
    const zero = contender("adam", "adam", { 0: log([1, 0]), 1: log([1, 0]) });
    const some = contender("rp", "rp", { 0: log([1, 0.1]), 1: log([1, 0.1]) });
    expect(comparison(lossDifferences(some, zero))).toBe("worse");
    expect(comparison(lossDifferences(zero, some))).toBe("better");
    const both = contender("rp", "rp", { 0: log([1, 0]), 1: log([1, 0]) });
    expect(lossDifferences(both, zero).differences.map(({ value }) => value)).toEqual([0, 0]);
    const field = { title: "MNIST", epochs: 1, mostTrials: 12, length: null };
    for (const own of [some, both]) {
      const text = findingsText([{ ...field, contenders: [own, zero] }]);
      expect(text).not.toMatch(/Infinity|NaN|diverged/);
    }
    expect(findingsText([{ ...field, contenders: [some, zero] }])).toContain(
      "worse (by more than 2 %): median more than 1,000,000 times the rival's",
    );
  });

  it("pairs only seeds that both finished, and gives no interval for fewer than five", () => {
    const adam = contender("adam", "adam", { 0: log([1, 0.1]), 2: log([1, 0.1]) });
    const rp = contender("rp", "rp", { 1: log([1, 0.1]), 2: log([1, 0.05]) });
    const found = lossDifferences(rp, adam);
    expect(found.differences).toEqual([{ seed: 2, value: -0.5 }]);
    expect(found.coverage).toBeNull();
    expect(comparison(lossDifferences(contender("rp", "rp", { 7: log([1]) }), adam))).toBe("undecided");
  });

  it("compares gaps at the lowest train loss that both reached", () => {
    // RP's gap is the smaller at any train loss, though at the end, where it fits better, its gap is the larger.
    const rows = (steps: number, slope: number): LogRow[] =>
      Array.from({ length: steps }, (_, i) => 1 - i * 0.1).map((trainLoss, index) => ({
        ...{ epoch: index, step: index, trainingSeconds: index, validationLoss: 0, trainLoss },
        testLoss: trainLoss + slope * (1 - trainLoss),
      }));
    const rp = contender(
      "rp",
      "rp",
      seeds(5, () => rows(10, 0.1)),
    );
    const sgd = contender(
      "sgd",
      "sgd",
      seeds(5, () => rows(4, 0.2)),
    );
    expect(rp.gap?.median).toBeGreaterThan(sgd.gap?.median ?? Infinity);
    const found = gapDifferences(rp, sgd);
    for (const { value } of found.differences) expect(value).toBeCloseTo(0.1 * 0.3 - 0.2 * 0.3, 12);
    expect(below(found)).toBe("yes");
    expect(below(gapDifferences(sgd, rp))).toBe("no");
  });

  it("calls differences of both signs undecided", () => {
    const sgd = contender(
      "sgd",
      "sgd",
      seeds(3, () => log([1, 0.1], 0.002)),
    );
    const rp = contender(
      "rp",
      "rp",
      seeds(3, (seed) => log([1, 0.1], seed === 1 ? 0.003 : 0.001)),
    );
    expect(below(gapDifferences(rp, sgd))).toBe("undecided");
  });

  it("counts a seed that diverged as a loss, and as a win where the rival's did", () => {
    const lost = (seeds: number[]) => ({
      seeds: [0, 1, 2],
      lost: seeds.map((seed) => ({ seed, status: "diverged", step: 9 })),
    });
    const adam = contender(
      "adam",
      "adam",
      seeds(3, () => log([1, 0.1])),
    );
    const rp = contender("rp", "rp", { 0: log([1, 0.05]) }, lost([1, 2]));
    expect(lossDifferences(rp, adam).differences.map(({ value }) => value)).toEqual([
      -0.5,
      Infinity,
      Infinity,
    ]);
    expect(comparison(lossDifferences(rp, adam))).toBe("worse");
    expect(comparison(lossDifferences(adam, rp))).toBe("better");
    expect(reachOf(rp, 0.5)).toEqual({ reached: 1, of: 3, steps: null, seconds: null });
    // A failure of the machine says nothing about the optimizer.
    const failed = { seeds: [0, 1], lost: [{ seed: 1, status: "failed", step: 0 }] };
    const other = contender("rp", "rp", { 0: log([1, 0.05]) }, failed);
    expect(lossDifferences(other, adam).differences).toEqual([{ seed: 0, value: -0.5 }]);
    expect(reachOf(other, 0.5)).toMatchObject({ reached: 1, of: 1, steps: 10 });
    // Midway between a seed that diverged and one whose rival did there is nothing.
    const [one, two] = [1, 0].map((seed) =>
      contender("rp", "rp", { [seed]: log([1, 0.1]) }, { seeds: [0, 1], lost: lost([1 - seed]).lost }),
    );
    expect(comparison(lossDifferences(one, two))).toBe("undecided");
  });

  it("decides nothing on overfitting where a seed has no pair", () => {
    const sgd = contender(
      "sgd",
      "sgd",
      seeds(3, () => log([1, 0.1], 0.001)),
    );
    const lost = [{ seed: 0, status: "diverged", step: 9 }];
    const logs = { 1: log([1, 0.1], 0.002), 2: log([1, 0.1], 0.002) };
    const rp = contender("rp", "rp", logs, { seeds: [0, 1, 2], lost });
    const found = gapDifferences(rp, sgd);
    expect(found.differences.map(({ seed, value }) => [seed, value > 0])).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(found.missing).toEqual([0]);
    expect([below(found), below(gapDifferences(sgd, rp))]).toEqual(["undecided", "undecided"]);
  });

  it("has the median time to the target, a seed that never reached it being the last", () => {
    const all = contender("rp", "rp", { 0: log([1, 0.4, 0.2]), 1: log([1, 0.8, 0.3]) });
    expect(reachOf(all, 0.5)).toEqual({ reached: 2, of: 2, steps: 15, seconds: 1.5 });
    expect(reachOf(all, 0.25)).toEqual({ reached: 1, of: 2, steps: null, seconds: null });
    const most = contender("rp", "rp", { 0: log([1, 0.4]), 1: log([1, 0.8]), 2: log([1, 0.9, 0.3]) });
    expect(reachOf(most, 0.5)).toEqual({ reached: 2, of: 3, steps: 20, seconds: 2 });
  });
});

describe("findingsText", () => {
  const field = (contenders: Contender[]): Field => ({
    ...{ title: "MNIST", epochs: 10, mostTrials: 24, length: null, contenders },
  });

  it("says where RP wins and where it loses", () => {
    const adam = contender(
      "adam",
      "adam",
      seeds(5, () => log([1, 0.5, 0.1], 0.004)),
    );
    const rp = contender(
      "rp",
      "rp",
      seeds(5, () => log([1, 0.1, 0.08], 0.001)),
    );
    const sgd = contender(
      "sgd",
      "sgd",
      seeds(5, () => log([1, 0.09, 0.05], 0.0005)),
    );
    const text = findingsText([field([rp, adam, sgd])]);
    expect(text).toContain("| MNIST | rp | adam | yes | yes | better | yes |");
    expect(text).toContain("| MNIST | rp | sgd | same | same | worse | no |");
    expect(text).toContain("rp takes 10 steps (1.00 s), adam 20 steps (2.00 s)");
    expect(text).toContain("its test loss is better (by more than 2 %): median −20.0 % over 5 paired seeds");
    expect(text).toContain("covers the true median with 93.8 %");
    expect(text).toContain("**rp against sgd: does not overfit less.**");
  });

  it("compares a user's own optimizer with Adam and SGD as it does RP, and no pair twice", () => {
    const of = (label: string, optimizer: string, last: number) =>
      contender(
        label,
        optimizer,
        seeds(5, () => log([1, 0.5, last])),
      );
    const [mine, adam, sgd] = [of("mine", "module", 0.05), of("adam", "adam", 0.1), of("sgd", "sgd", 0.2)];
    const text = findingsText([field([mine, adam])]);
    expect(text).toContain("| MNIST | mine | adam | same | same | better | no |");
    expect(text).toContain("- **mine against adam.** To a test loss of 0.11000");
    expect(text).not.toContain("No claim is tested");
    const rows = findingsText([field([of("rp", "rp", 0.1), adam, sgd, mine])]).matchAll(
      /^\| MNIST \| (\S+) \| ([a-z]+) \|/gm,
    );
    expect([...rows].map(([, own, rival]) => `${own} ${rival}`)).toEqual([
      ...["rp adam", "rp sgd", "rp mine", "mine adam", "mine sgd"],
    ]);
  });

  it("says how many seeds reach the target where not all do, and goes by their median", () => {
    const adam = contender(
      "adam",
      "adam",
      seeds(3, () => log([1, 0.5, 0.1])),
    );
    const rp = contender("rp", "rp", { 0: log([1, 0.1]), 1: log([1, 0.1]), 2: log([1, 0.9, 0.9]) });
    const text = findingsText([field([rp, adam])]);
    expect(text).toContain("rp takes 10 steps (1.00 s; 2 of 3 seeds reach it), adam 20 steps (2.00 s)");
    expect(text).toContain("| MNIST | rp | adam | yes | yes |");
    expect(text).toContain("| 10 (2 of 3) | 1.00 |");
    const other = contender("rp", "rp", { 0: log([1, 0.1]), 1: log([1, 0.9]), 2: log([1, 0.9]) });
    const worse = findingsText([field([other, adam])]);
    expect(worse).toContain("rp takes more than the study's steps in the median (1 of 3 seeds reach it)");
    expect(worse).toContain("| MNIST | rp | adam | no | no |");
  });

  it("says what each search was allowed and took, and what it chose beside the rate", () => {
    const searched = { variants: 3, trials: 20, variant: "momentum 0.9" };
    const rp = contender("rp", "rp", { 0: log([1, 0.1]) }, searched);
    const adam = contender("adam", "adam", { 0: log([1, 0.1]) }, { trials: 12 });
    const text = findingsText([field([rp, adam])]);
    expect(text).toContain("On each problem every optimizer may have 24 of them.");
    expect(text).toContain("| MNIST | rp | 3 | 20 of 24 | rate 1, momentum 0.9 |");
    expect(text).toContain("| MNIST | adam | 1 | 12 of 24 | rate 1 |");
    expect(text).toContain("| optimizer | rate | settings | seeds |");
    expect(text).toContain("| rp | 1 | momentum 0.9 | 1 |");
    expect(findingsText([field([adam])])).not.toContain("| settings |");
  });

  it("lists every paired difference of fewer than five seeds, and no interval", () => {
    const adam = contender(
      "adam",
      "adam",
      seeds(3, () => log([1, 0.1])),
    );
    const rp = contender(
      "rp",
      "rp",
      seeds(3, (seed) => log([1, 0.1 + 0.01 * seed])),
    );
    const text = findingsText([field([rp, adam])]);
    expect(text).toContain("median +10.0 % (seed 0 0.0 %, seed 1 +10.0 %, seed 2 +20.0 %)");
    expect(text).not.toContain("covers the true median");
  });

  it("names lost seeds, rates at the edge and optimizers without a rate", () => {
    const adam = contender(
      "adam",
      "adam",
      seeds(2, () => log([1, 0.1])),
      { atEdge: true },
    );
    const lost = [{ seed: 1, status: "diverged", step: 31 }];
    const rp = contender("rp", "rp", { 0: log([1, 0.1]) }, { seeds: [0, 1], lost });
    const none = { learningRate: null, testLoss: null, trainLoss: null, gap: null, stepMilliseconds: null };
    const sgd = contender("sgd", "sgd", {}, none);
    const text = findingsText([field([rp, adam, sgd])]);
    expect(text).toContain(
      "- adam: the limit of rates was reached with the best rate at the edge of the grid.",
    );
    expect(text).toContain("- rp: seed 1 diverged at step 31.");
    expect(text).toContain("| rp | 1 | 1 of 2 |");
    expect(text).toContain("seed 0 0.0 %, seed 1 diverged");
    expect(text).toMatch(/\*\*rp against adam: undecided\.\*\* .*; no pair of seed 1\./);
    expect(findingsTables([field([rp, adam, sgd])])).toContain("- rp: seed 1 diverged at step 31.");
    expect(text).toContain("- sgd: no rate held for every tuning seed.");
    expect(text).toContain("| sgd | none held |");
    expect(text).not.toMatch(/NaN|undefined|null/);
  });

  it("tests nothing where RP or a rival is missing", () => {
    const text = findingsText([field([contender("adam", "adam", { 0: log([1, 0.1]) })])]);
    expect(text).toContain("No claim is tested");
    expect(text).not.toContain("| rival |");
    expect(findingsTables([field([contender("adam", "adam", { 0: log([1, 0.1]) })])])).not.toContain("rival");
  });
});
