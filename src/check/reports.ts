// A check's verdicts as a table, as JUnit XML and as GitHub's annotations.

import { createRequire } from "node:module";
import type { Builder } from "junit-report-builder";
import type { Verdict } from "./verdicts.js";

const PARTS: Record<Verdict["part"], string> = { loss: "loss", end: "last loss", time: "step time" };

/** Head and rows, for a terminal. @param nameOf what people call an optimizer, by its label */
export function verdictTable(
  verdicts: readonly Verdict[],
  nameOf: (label: string) => string = (label) => label,
): string[][] {
  const head = ["what", "optimizer", "where", "expected", "seen", "tolerance", "verdict"];
  return [
    head,
    ...verdicts.map(({ part, label, what, expected, seen, tolerance, verdict }) => [
      ...[PARTS[part], nameOf(label), part === "time" ? what.replace(/(?<=^over ).+/, nameOf) : what],
      ...[number(expected, "–"), number(seen, "not finite"), tolerance, verdict],
    ]),
  ];
}

/** JUnit XML, a test case for each verdict. */
export function junitText(verdicts: readonly Verdict[]): string {
  // A CommonJS module whose types say otherwise to an ES module.
  const junit: Builder = createRequire(import.meta.url)("junit-report-builder");
  const builder = junit.newBuilder();
  for (const part of Object.keys(PARTS) as Verdict["part"][]) {
    const suite = builder.testSuite().name(`rp-bench check: ${PARTS[part]}`);
    for (const one of verdicts.filter((verdict) => verdict.part === part)) {
      const test = suite.testCase().className(`rp-bench.${part}.${one.label}`).name(one.what);
      if (one.verdict === "regression") test.failure(sentence(one), "regression");
      else if (one.verdict === "advisory") test.skipped().standardOutput(sentence(one));
    }
  }
  return builder.build();
}

/** GitHub's workflow commands: errors of regressions, warnings of what is advisory. */
export function annotations(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap((one) => {
    if (one.verdict === "ok") return [];
    const command = one.verdict === "regression" ? "error" : "warning";
    return [`::${command} title=rp-bench check::${escaped(sentence(one))}`];
  });
}

function sentence({ part, label, what, expected, seen, tolerance }: Verdict): string {
  const wanted =
    expected === null ? "the baseline has none" : `expected ${number(expected, "–")} ${tolerance}`;
  return `${PARTS[part]} of ${label} ${what}: ${wanted}, seen ${number(seen, "a value that is not finite")}`;
}

function number(value: number | null, absent: string): string {
  return value === null ? absent : String(Number(value.toPrecision(7)));
}

function escaped(text: string): string {
  return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
