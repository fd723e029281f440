// What findings say of studies that are too short, and of the words they use.

import { describe, expect, it } from "vitest";
import { type Field, lengthOf } from "../../src/sweep/field.js";
import { findingsTables, findingsText } from "../../src/sweep/findings.js";
import { readingsTable } from "../../src/sweep/readings.js";
import { isTooShort, LEAST_EVALUATIONS, LEAST_STEPS } from "../../src/sweep/verdict-words.js";
import { contender, log, seeds } from "../support/contenders.js";

const of = (optimizer: string, losses: number[]) =>
  contender(
    optimizer,
    optimizer,
    seeds(2, () => log(losses)),
  );
const contenders = [of("rp", [1, 0.5, 0.1]), of("adam", [1, 0.6, 0.2]), of("sgd", [1, 0.6, 0.101])];
const field = (steps: number, evaluations: number): Field => ({
  ...{ title: "MNIST", epochs: 2, mostTrials: 12, length: { steps, evaluations }, contenders },
});
const long = field(LEAST_STEPS, LEAST_EVALUATIONS);
const short = [field(LEAST_STEPS - 1, 50), field(5000, LEAST_EVALUATIONS - 1)];

describe("a study that is too short", () => {
  it("is one of few steps, or of few evaluations after the start", () => {
    expect(short.map(isTooShort)).toEqual([true, true]);
    expect(isTooShort(long)).toBe(false);
    expect(lengthOf(contenders)).toEqual({ steps: 20, evaluations: 2 });
    expect(lengthOf([])).toBeNull();
  });

  it.each(short)("gets no verdict anywhere, and says why: %#", (one) => {
    for (const text of [findingsText([one]), findingsTables([one])]) {
      expect(text.replace(/\s+/g, " ")).toContain(
        "Caution: the runs are too short to say which optimizer is better.",
      );
      expect(text).toContain("too short");
      expect(text.replace(/say which optimizer is better|“Quickly.*/g, "")).not.toMatch(
        /\b(better|worse|comparable|overfits less:|fewer than)\b/,
      );
    }
    expect(readingsTable([one])?.[1].slice(2)).toEqual(["undecided", "undecided", "undecided"]);
    expect(findingsText([one])).toContain("median −50.0 %"); // numbers stay
  });

  it("is told from one that is long enough beside it", () => {
    const text = findingsText([long, { ...short[0], title: "CIFAR-10" }]);
    expect(text).toContain(
      "after the one at the start; CIFAR-10 has 99 steps and 50 evaluations. The numbers",
    );
    expect(findingsText([short[1]])).toContain("; MNIST has 5000 steps and 1 evaluation. The numbers");
    expect(text).toContain("| MNIST | rp | adam | same | same | better |");
    expect(text).toContain("| CIFAR-10 | rp | adam | too short | too short | too short | too short |");
  });
});

it("explains the words that a table of verdicts has, and no others", () => {
  for (const text of [findingsText([long]), findingsTables([long]).replace(/\s+/g, " ")]) {
    expect(text).toContain("final test loss: “better” means that it ends more than 2 % below the rival");
    expect(text).toContain("“comparable” means that it ends within 2 % of the rival");
    expect(text).not.toContain("“worse”");
    expect(text).not.toContain("Caution");
  }
});
