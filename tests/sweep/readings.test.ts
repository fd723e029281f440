// Findings over several problems: where claims hold, where losses turn up, and RP beside Adam at every evaluation.

import { describe, expect, it } from "vitest";
import { restingPoint } from "../../src/results/log-measures.js";
import type { Contender } from "../../src/sweep/claims.js";
import type { Field } from "../../src/sweep/field.js";
import { findingsText } from "../../src/sweep/findings.js";
import { goalDetails, goalTable } from "../../src/sweep/goal.js";
import { readingsList, readingsTable } from "../../src/sweep/readings.js";
import { anyRises, leastDifferences, risesTable } from "../../src/sweep/rises.js";
import { contender, log, seeds } from "../support/contenders.js";

const field = (title: string, contenders: Contender[]): Field => ({
  ...{ title, epochs: 10, mostTrials: 24, length: null, contenders },
});
const of = (optimizer: string, losses: number[], gap = 0.001, label = optimizer) =>
  contender(
    label,
    optimizer,
    seeds(3, () => log(losses, gap)),
  );

describe("readings", () => {
  const adam = of("adam", [1, 0.5, 0.1], 0.004);
  const sgd = of("sgd", [1, 0.6, 0.1], 0.003);
  const wins = field("won", [of("rp", [1, 0.1, 0.08], 0.001), adam, sgd]);
  const loses = field("lost", [of("rp", [1, 0.9, 0.2], 0.01), adam, sgd]);
  const half = field("half", [of("rp", [1, 0.11, 0.1], 0.0035), adam, sgd]);

  it("holds a claim only against Adam and SGD, and denies it where one of them is not met", () => {
    expect(readingsTable([wins, loses, half])?.slice(1)).toEqual([
      ["won", "rp", "yes", "yes", "yes"],
      ["lost", "rp", "no", "no", "no"],
      ["half", "rp", "yes", "yes", "no"],
    ]);
    const [quick, , less] = readingsList([wins, loses, half]).split("\n");
    expect(quick).toBe("- **rp: “quickly converges”** holds on won; half. It does not hold on lost.");
    expect(less).toBe("- **rp: “overfits less”** holds on won. It does not hold on lost; half.");
  });

  it("decides nothing where a rival lacks, or no seed reached the target", () => {
    expect(readingsTable([field("no SGD", [of("rp", [1, 0.1]), adam])])).toBeNull();
    const never = field("never", [of("rp", [1, 0.9, 0.8]), adam, of("sgd", [1, 0.9, 0.8])]);
    expect(readingsTable([never])?.[1].slice(2)).toEqual(["no", "no", "no"]);
    const tied = field("tied", [of("rp", [1, 0.9, 0.8]), of("adam", [1, 0.9], 0.004), sgd]);
    tied.contenders[1].rows.clear();
    tied.contenders[1].testLoss = null;
    expect(readingsTable([tied])?.[1][2]).toBe("undecided");
  });

  it("stands in the findings of several problems alone", () => {
    expect(findingsText([wins, loses])).toContain("| won | rp | yes | yes | yes |");
    expect(findingsText([wins])).not.toContain("## Where the claims hold");
  });
});

describe("losses that turn up", () => {
  it("finds the least, how far the end is above it, and when that began", () => {
    const found = restingPoint(log([1, 0.5, 0.4, 0.402, 0.41, 0.5]));
    expect(found?.least.step).toBe(20);
    expect(found?.above).toBeCloseTo(0.25, 12);
    expect(found?.riseEpoch).toBe(4);
    expect(restingPoint(log([1, 0.4, 0.5, 0.403]))?.riseEpoch).toBeNull(); // it came down again
    expect(restingPoint([])).toBeNull();
  });

  const rp = of("rp", [1, 0.5, 0.4, 0.39]);
  const adam = of("adam", [1, 0.3, 0.2, 0.3]);

  it("has a table where some optimizer's loss rises in most seeds, and pairs of the least losses", () => {
    expect(anyRises([rp, adam])).toBe(true);
    expect(anyRises([rp])).toBe(false);
    expect(risesTable([rp, adam]).slice(1)).toEqual([
      ["rp", "0.39000 (0.39000 to 0.39000)", "3 (3 to 3)", "never", "0.0 % (0.0 % to 0.0 %)"],
      [
        ...["adam", "0.20000 (0.20000 to 0.20000)", "2 (2 to 2)", "3 (3 to 3)"],
        "+50.0 % (+50.0 % to +50.0 %)",
      ],
    ]);
    for (const { value } of leastDifferences(rp, adam).differences) expect(value).toBeCloseTo(0.95, 12);
    const text = findingsText([field("few images", [rp, adam])]);
    expect(text).toContain("| optimizer | least test loss | at epoch | epochs until it is 1 % above |");
    expect(text).toContain("Least test loss of the run, rp relative to adam: median +95.0 %");
    expect(findingsText([field("many", [rp, of("adam", [1, 0.3, 0.2, 0.2])])])).not.toContain("least test");
  });
});

describe("RP beside Adam at every evaluation", () => {
  const adam = of("adam", [1, 0.4, 0.2, 0.1]);
  const rp = of("rp", [1, 0.3, 0.2, 0.11], 0.001, "rp-fast");

  it("says at how many it is at or below, where it is worst, and how it ends", () => {
    const [, row] = goalTable([field("MNIST", [rp, adam])]) ?? [];
    expect(row.slice(0, 5)).toEqual([
      ...["MNIST", "rp-fast", "2 of 3 evaluations", "+10.0 % at step 30", "+10.0 %"],
    ]);
    const [{ table }] = goalDetails([field("MNIST", [rp, adam])]);
    expect(table).toEqual([
      ["step", "MNIST"],
      ["10", "−25.0 %"],
      ["20", "0.0 %"],
      ["30", "+10.0 %"],
    ]);
  });

  it("compares at equal seconds by interpolation, and says where times were not measured", () => {
    // A step of Adam's takes half as long: at its steps 10, 20, 30 RP has made 5, 10, 15.
    const fast = { ...adam, stepMilliseconds: 50 };
    const inSeconds = (own: Contender) => goalTable([field("MNIST", [own, fast])])?.[1].at(-1);
    // 0.3 against 0.4, where nothing earlier is known; 0.3 against 0.2; 0.25 against 0.1.
    expect(inSeconds(rp)).toBe("1 of 3 evaluations");
    expect(inSeconds({ ...rp, stepMilliseconds: 10 })).toBe("2 of 3 evaluations"); // 0.11 from its end on
    expect(inSeconds({ ...rp, stepMilliseconds: null })).toBe("not measured");
  });

  it("takes medians over seeds, of which one that diverged is infinitely bad", () => {
    const lost = (count: number) =>
      contender(
        "rp",
        "rp",
        seeds(3 - count, () => log([1, 0.1, 0.1, 0.1])),
        {
          lost: Array.from({ length: count }, () => ({ seed: 9, status: "diverged", step: 3 })),
        },
      );
    expect(goalTable([field("MNIST", [lost(1), adam])])?.[1][2]).toBe("3 of 3 evaluations");
    expect(goalTable([field("MNIST", [lost(2), adam])])?.[1].slice(2, 5)).toEqual([
      ...["0 of 3 evaluations", "diverged at step 10", "diverged"],
    ]);
  });

  it("puts problems side by side by step, and thins long ones", () => {
    const other = (optimizer: string) => {
      const rows = log([1, 0.4]).map((row) => ({ ...row, step: row.step * 2 }));
      return contender(optimizer, optimizer === "rp-fast" ? "rp" : optimizer, { 0: rows });
    };
    const fields = [field("A", [rp, adam]), field("B", [other("rp-fast"), other("adam")])];
    const [{ table }] = goalDetails(fields);
    expect(table.slice(0, 3)).toEqual([
      ["step", "A", "B"],
      ["10", "−25.0 %", "–"],
      ["20", "0.0 %", "0.0 %"],
    ]);
    const long = Array.from({ length: 201 }, (_, index) => 1 / (index + 1));
    const [{ every, table: thinned }] = goalDetails([field("A", [of("rp", long), of("adam", long)])]);
    expect([every, thinned.length, thinned.at(-1)?.[0]]).toEqual([4, 51, "2000"]);
  });
});
