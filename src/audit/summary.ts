import { median } from "../statistics.js";
import type { Audit } from "./audit.js";
import type { Ratio } from "./ratios.js";

interface Range {
  median: number;
  least: number;
  greatest: number;
}

/** What an audit comes to. */
export interface AuditSummary {
  /** The last point's. */
  ratios: Ratio[];
  /** Updates judged. */
  judged: number;
  /** Of them, how many left the true loss above the bound's prediction: the optimizer's own, and −g / h. */
  above: number;
  unitAbove: number;
  /** Over those updates; null where there is none. */
  looseness: Range | null;
  bestLambda: Range | null;
  /** Over the points. */
  stableLambda: Range | null;
}

export function summarizeAudit({ ratios, predictions }: Audit): AuditSummary {
  const last = ratios.at(-1)?.step;
  const of = (pick: (one: Audit["predictions"][number]) => number | null) =>
    rangeOf(predictions.flatMap((one) => pick(one) ?? []));
  return {
    ratios: ratios.filter(({ step }) => step === last),
    judged: predictions.length,
    above: predictions.filter(({ after, bound }) => isAbove(after, bound)).length,
    unitAbove: predictions.filter(({ unitAfter, unitBound }) => isAbove(unitAfter, unitBound)).length,
    looseness: of(({ looseness }) => looseness),
    bestLambda: of(({ bestLambda }) => bestLambda),
    stableLambda: of(({ stableLambda }) => stableLambda),
  };
}

/** By more than the float32 of g, h and the parameters leaves open: where the bound is exact, that alone would decide. */
function isAbove(loss: number, bound: number): boolean {
  return loss > bound + 1e-6 * Math.max(loss, bound);
}

function rangeOf(values: number[]): Range | null {
  const middle = median(values);
  return middle === null
    ? null
    : { median: middle, least: Math.min(...values), greatest: Math.max(...values) };
}
