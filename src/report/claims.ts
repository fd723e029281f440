// The claims of the poster, each with what a study found of it: the verdicts and words of findings.md, ordered by claim.

import {
  below,
  COMPARABLE,
  comparison,
  gapDifferences,
  lossDifferences,
  reachOf,
  TARGET_FACTOR,
} from "../sweep/claims.js";
import { type Field, pairs, quickness, targetOf } from "../sweep/field.js";
import { describe, loss, percent, reached, signed } from "../sweep/words.js";
import type { ClaimModel, Finding, Verdict } from "./model.js";

type Pair = ReturnType<typeof pairs>[number];
type Judged = Pick<Finding, "verdict" | "word" | "sentence">;

interface Claim {
  claim: string;
  criterion: string;
  judge(field: Field, pair: Pair): Judged;
}

const CLAIMS: Claim[] = [
  {
    claim: "Quickly converges, counted in steps",
    criterion: `It needs fewer steps than its rival to come to ${TARGET_FACTOR} times Adam's final test loss, in the median over seeds.`,
    judge: (field, pair) => quick(field, pair, 0),
  },
  {
    claim: "Quickly converges, counted in seconds",
    criterion:
      "The same, with steps weighted by the time that a step takes when it is measured alone with all threads.",
    judge: (field, pair) => quick(field, pair, 1),
  },
  {
    claim: "Comes to a better or comparable solution",
    criterion: `Its final test loss is not more than ${COMPARABLE * 100} % above its rival's, in the median over seeds that both finished.`,
    judge(_field, [own, rival]) {
      const difference = lossDifferences(own, rival);
      const word = comparison(difference);
      return {
        ...{ word, verdict: verdictOf(word) },
        sentence: `The final test loss of ${own.label} relative to that of ${rival.label}: ${describe(difference, percent)}.`,
      };
    },
  },
  {
    claim: "Overfits less",
    criterion:
      "Its test loss exceeds its train loss by less than its rival's does, at the same train loss, on every seed.",
    judge(_field, [own, rival]) {
      const difference = gapDifferences(own, rival);
      const verdict = below(difference);
      const words = describe(difference, (value) => signed(value, value.toExponential(1)));
      return {
        ...{ verdict, word: verdict },
        sentence: `Test loss minus train loss at the lowest train loss that both reached, ${own.label} less ${rival.label}: ${words}.`,
      };
    },
  },
];

/** Nothing where no two optimizers are compared. */
export function claimModels(fields: readonly Field[]): ClaimModel[] {
  const compared = fields.flatMap((field) => pairs(field.contenders).map((pair) => ({ field, pair })));
  if (compared.length === 0) return [];
  return CLAIMS.map(({ claim, criterion, judge }) => ({
    ...{ claim, criterion },
    findings: compared.map(({ field, pair }) => ({
      ...{ problem: field.title, own: pair[0].label, rival: pair[1].label },
      ...judge(field, pair),
    })),
  }));
}

function quick(field: Field, [own, rival]: Pair, index: 0 | 1): Judged {
  const target = targetOf(field.contenders);
  const word = quickness(own, rival, target)[index];
  if (target === null) {
    return {
      word: "no target",
      verdict: "undecided",
      sentence: "Adam finished no run, so there is no target.",
    };
  }
  const words = [own, rival].map((one) => `${one.label} takes ${reached(reachOf(one, target))}`);
  return {
    ...{ word, verdict: verdictOf(word) },
    sentence: `To a test loss of ${loss(target)}, ${words.join("; ")}.`,
  };
}

function verdictOf(word: string): Verdict {
  if (["yes", "better", "comparable"].includes(word)) return "yes";
  return ["no", "worse", "same"].includes(word) ? "no" : "undecided";
}
