// Who won a run, in numbers and in sentences.

import { describe, expect, it } from "vitest";
import { rankingJson, seedsTable, verdictText } from "../../src/cli/run-report.js";
import { rankingOf } from "../../src/results/ranking.js";
import type { RunRecord } from "../../src/results/run-record.js";
import { runNameOf, type SummaryRow, summarize } from "../../src/results/summary.js";

/** A run that ended with a test loss; or that did not, which says how. */
function row(label: string, seed: number, end: number | RunRecord["status"]): SummaryRow {
  const status = typeof end === "number" ? "done" : end;
  const record: RunRecord = {
    ...{ problem: "mnist", title: "MNIST", dataset: "mnist", loss: "mse", label, variant: "", seed },
    ...{ optimizer: label.split("-")[0], learningRate: 1, settings: "", role: "final", status, reason: null },
    ...{ step: 8, lastFiniteLoss: 1, trainingSeconds: 1, medianStepMilliseconds: 2 },
    ...{
      engine: { name: "native", instructionSet: "avx2", threads: 1 },
      logSha256: "",
      parametersSha256: null,
    },
  };
  const loss = typeof end === "number" ? end : 1;
  const losses = { trainLoss: loss, validationLoss: loss, testLoss: loss };
  return summarize(record, [{ epoch: 1, step: 8, trainingSeconds: 1, ...losses }], null);
}
const rows = (ends: Record<string, (number | RunRecord["status"])[]>) =>
  Object.entries(ends).flatMap(([label, each]) => each.map((end, seed) => row(label, seed, end)));
const verdict = (ends: Parameters<typeof rows>[0], seeds = 3) => verdictText(rows(ends), [], seeds);

describe("the verdict", () => {
  it("names the lowest median, the next and the best Adam, with how many seeds agree", () => {
    expect(
      verdict({
        adam: [0.4, 0.4, 0.4],
        "adam-b": [0.5, 0.5, 0.5],
        rp: [0.1, 0.2, 0.3],
        sgd: [0.25, 0.25, 0.25],
      }),
    ).toBe(
      "rp has the lowest median test loss over 3 seeds, 0.2000. It is 20.0 % below the next, sgd (0.2500) and lower on 2 of 3 seeds, " +
        "and 50.0 % below adam (0.4000) and lower on 3 of 3 seeds. The order depends on the seed.",
    );
  });

  it("says of one seed that it is one", () => {
    expect(verdict({ adam: [0.2], rp: [0.1] }, 1)).toBe(
      "rp has the lowest test loss, 0.1000. It is 50.0 % below the next, adam (0.2000). This is one seed, and with another " +
        "one the order may be another; --seeds 5 trains every optimizer with five.",
    );
  });

  it("says of one seed of several that it is the first", () => {
    expect(verdict({ adam: [0.2], rp: [0.1] }, 3)).toMatch(
      /This is one seed so far, and with the others the order may be another\.$/,
    );
    expect(verdict({ adam: [0.2, 0.2], rp: [0.1] }, 3)).not.toContain("one seed");
  });

  it("counts a seed that diverged or blew up as the worst", () => {
    const ends = { rp: [0.1, "diverged" as const, 0.1], adam: [0.2, 0.2, 0.2] };
    expect(verdict(ends)).toContain(
      "It is 50.0 % below the next, adam (0.2000) and lower on 2 of 3 seeds. The order",
    );
    const blown = rows({ rp: [0.1, 0.1, 0.1], adam: [0.2, 0.2, 0.2] });
    const lost = blown.filter((one) => one.label === "rp" && one.seed !== 0).map(runNameOf);
    expect(verdictText(blown, lost, 3)).toMatch(
      /^adam has the lowest .* It is below the next, rp, which diverged\. The order depends on the seed\.$/,
    );
  });

  it("leaves out what was not trained to an end", () => {
    expect(verdict({ rp: ["failed", "failed", "failed"], adam: [0.2, 0.2, 0.3] })).toBe(
      "adam has the lowest median test loss over 3 seeds, 0.2000; no other optimizer was trained to its end.",
    );
    const none = { rp: ["diverged" as const], adam: ["interrupted" as const] };
    expect(verdict(none)).toBe("No optimizer was trained to its end, so none is ahead.");
    expect(verdict({ rp: [0.1, 0.2, 0.3] })).toBe("");
  });

  it("does not make a difference of none", () => {
    expect(verdict({ rp: [0.2, 0.2, 0.2], sgd: [0.2, 0.2, 0.2] })).toContain(
      "It is equal to the next, sgd (0.2000).",
    );
    expect(verdict({ rp: [0.19999], sgd: [0.2] }, 1)).toContain("less than 0.1 % below");
  });
});

it("are null in JSON where there is no number", () => {
  const [best, other] = rankingJson(rows({ rp: ["diverged", "diverged", 0.1], sgd: [0.2, 0.4, 0.3] }), []);
  expect(best).toMatchObject({
    label: "sgd",
    medianTestLoss: 0.3,
    leastTestLoss: 0.2,
    greatestTestLoss: 0.4,
  });
  expect(other).toMatchObject({ label: "rp", seedsDone: 1, medianTestLoss: null, bestDifference: null });
  expect(other).toMatchObject({ bestLowerSeeds: 2, pairedSeeds: 3 });
});

it("takes the middle of two seeds, one of which diverged, for lost", () => {
  const { best, rivals } = rankingOf(rows({ rp: ["diverged", 0.1], sgd: [0.2, 0.2] }), []);
  expect([best?.label, rivals[0].medianTestLoss]).toEqual(["sgd", Infinity]);
});

it("has a table with medians, ranges and what became of every seed", () => {
  const [head, rp, sgd] = seedsTable(rows({ rp: [0.1, "diverged", 0.3], sgd: [0.2, 0.4, 0.3] }), []);
  expect(head).toContain("test loss range");
  expect(rp).toContain("2 of 3 done, seed 1 diverged at step 8");
  const several = rows({ rp: ["diverged", "failed", "diverged", 0.1], sgd: [0.2, 0.2, 0.2, 0.2] });
  const [, lost, blown] = seedsTable(several, several.slice(-1).map(runNameOf));
  expect(lost).toContain("1 of 4 done, seeds 0, 2 diverged, seed 1 failed at step 8");
  expect(blown).toContain("3 of 4 done, seed 3 blew up");
  expect(rp).toContain("0.1000 to 0.3000");
  expect(sgd.slice(2, 7)).toEqual(["3 done", "0.3000", "0.3000", "0.3000", "0.2000 to 0.4000"]);
});
