// The poster leaves its loss and its activation open. Under which readings, which are the problems of a study, each of
// its claims holds against both Adam and SGD.

import {
  below,
  type Contender,
  comparison,
  gapDifferences,
  lossDifferences,
  type Verdict,
} from "./claims.js";
import { type Field, quickness, targetOf } from "./field.js";
import { isTooShort } from "./verdict-words.js";

const CLAIMS = ["quickly converges", "better or comparable solution", "overfits less"] as const;

interface Reading {
  title: string;
  name: string;
  /** One for each claim. */
  verdicts: Verdict[];
}

/** One for each problem and RP optimizer that has both rivals. */
function readingsOf(fields: readonly Field[]): Reading[] {
  return fields.flatMap((field) => {
    const { title, contenders } = field;
    const rivals = contenders.filter(({ optimizer }) => optimizer === "adam" || optimizer === "sgd");
    if (new Set(rivals.map(({ optimizer }) => optimizer)).size < 2) return [];
    const target = targetOf(contenders);
    const own = contenders.filter(({ optimizer }) => optimizer === "rp");
    return own.map((one) => {
      const each: ((rival: Contender) => Verdict)[] = [
        (rival) => asVerdict(quickness(one, rival, target)[0]),
        (rival) => asVerdict(comparison(lossDifferences(one, rival))),
        (rival) => below(gapDifferences(one, rival)),
      ];
      return {
        title,
        name: one.name,
        verdicts: each.map((judge) => (isTooShort(field) ? "undecided" : allOf(rivals.map(judge)))),
      };
    });
  });
}

function asVerdict(word: string): Verdict {
  if (["yes", "better", "comparable"].includes(word)) return "yes";
  return ["no", "worse", "same"].includes(word) ? "no" : "undecided";
}

/** What holds against all rivals. */
function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes("no")) return "no";
  return verdicts.every((one) => one === "yes") ? "yes" : "undecided";
}

/** Head and rows; null where no problem has Adam and SGD beside RP. */
export function readingsTable(fields: readonly Field[]): string[][] | null {
  const readings = readingsOf(fields);
  if (readings.length === 0) return null;
  return [
    ["problem", "optimizer", ...CLAIMS],
    ...readings.map(({ title, name, verdicts }) => [title, name, ...verdicts]),
  ];
}

/** For each claim and optimizer the readings under which it holds, in words. */
export function readingsList(fields: readonly Field[]): string {
  const readings = readingsOf(fields);
  const names = [...new Set(readings.map(({ name }) => name))];
  const lines = CLAIMS.flatMap((claim, index) =>
    names.map((name) => {
      const of = (verdict: Verdict) =>
        readings
          .filter((one) => one.name === name && one.verdicts[index] === verdict)
          .map(({ title }) => title);
      const [holds, not, open] = [of("yes"), of("no"), of("undecided")];
      const parts = [
        ...(holds.length > 0 ? [`holds on ${holds.join("; ")}`] : ["holds on no problem"]),
        ...(not.length > 0 ? [`does not hold on ${not.join("; ")}`] : []),
        ...(open.length > 0 ? [`is undecided on ${open.join("; ")}`] : []),
      ];
      return `- **${name}: “${claim}”** ${parts.join(". It ")}.`;
    }),
  );
  return lines.join("\n");
}
