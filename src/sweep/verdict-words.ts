// What is said of a study that is too short to say anything, and what the words of its verdicts mean.

import { type Meanings, meaningsOf } from "../meanings.js";
import { COMPARABLE, TARGET_FACTOR } from "./claims.js";
import type { Field } from "./field.js";

/** A study of fewer steps, or of fewer evaluations after the first, shows how optimizers begin, and not where they lead. */
export const LEAST_STEPS = 100;
export const LEAST_EVALUATIONS = 2;

/** Instead of a verdict. */
export const TOO_SHORT = "too short";

/** Whether no verdict is to be made of a problem's runs. */
export function isTooShort({ length }: Field): boolean {
  return length !== null && (length.steps < LEAST_STEPS || length.evaluations < LEAST_EVALUATIONS);
}

/** A paragraph that goes before the verdicts; none where every problem's runs are long enough. */
export function cautions(fields: readonly Field[]): string[] {
  const short = fields.filter(isTooShort);
  if (short.length === 0) return [];
  const each = short.flatMap(({ title, length }) =>
    length
      ? [`${title} has ${counted(length.steps, "step")} and ${counted(length.evaluations, "evaluation")}`]
      : [],
  );
  return [
    `Caution: the runs are too short to say which optimizer is better. A verdict takes at least ${LEAST_STEPS} steps, and ${LEAST_EVALUATIONS} evaluations after the one at the start; ${each.join(", ")}. The numbers are what was measured.`,
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function quicker(what: string): Record<string, string> {
  return {
    yes: `it came to the target, a test loss of ${TARGET_FACTOR} × Adam's final median, in fewer ${what} than the rival`,
    no: `it came there in no fewer ${what}`,
    same: `both came there in as many ${what}`,
    neither: "neither came there",
    "not measured": "the time of a step is not known",
    "–": "Adam finished no run, so there is no target",
  };
}

const PERCENT = `${COMPARABLE * 100} %`;
const VERDICTS: readonly Meanings[] = [
  { column: "fewer steps", words: quicker("steps") },
  { column: "fewer seconds", words: quicker("seconds") },
  {
    column: "final test loss",
    words: {
      better: `it ends more than ${PERCENT} below the rival, in the median over seeds`,
      comparable: `it ends within ${PERCENT} of the rival`,
      worse: `it ends more than ${PERCENT} above the rival`,
      undecided: "no seed was finished by both, or as many diverged with the one as with the other",
    },
  },
  {
    column: "overfits less",
    words: {
      yes: "where both have the same train loss its test loss is nearer to it, on every seed",
      no: "it is so on no seed",
      undecided: "the seeds disagree, or some have no such pair",
    },
  },
];

/** A line for each column of the table of verdicts. */
export function verdictMeanings(table: readonly string[][]): string[] {
  return meaningsOf(table, VERDICTS);
}
