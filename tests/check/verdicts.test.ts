import { describe, expect, it } from "vitest";
import type { Baseline } from "../../src/check/baseline.js";
import { annotations, junitText, verdictTable } from "../../src/check/reports.js";
import {
  judgeEnds,
  judgeLosses,
  judgeTimes,
  lossTolerance,
  nearerTimes,
  type Verdict,
} from "../../src/check/verdicts.js";
import { resolveCheckConfig } from "../../src/config/check-resolve.js";

const config = resolveCheckConfig();
const at = { label: "sgd", seed: 1, step: 10 };
const baseline = {
  losses: [{ ...at, loss: 0.1 }],
  ends: [
    ...[0.02, 0.021, 0.024].map((loss, seed) => ({ label: "sgd", seed: seed + 1, step: 540, loss })),
    { label: "adam", seed: 1, step: 540, loss: 0.9 }, // whose distance is no spread of SGD's
  ],
  times: [{ label: "rp", over: "sgd", ratio: 16 }],
} as unknown as Baseline;

describe("losses", () => {
  const judge = (loss: number | null) => judgeLosses(config, baseline, [{ ...at, loss }])[0].verdict;

  it("may differ by float32's rounding of the widest sum, a random walk, and no more", () => {
    expect(lossTolerance(config)).toBe(Math.sqrt(785) * 2 ** -24); // 1.67e-6
    expect([judge(0.1), judge(0.1 * (1 + 1.6e-6)), judge(0.1 * (1 - 1.6e-6))]).toEqual(["ok", "ok", "ok"]);
    expect([judge(0.1 * (1 + 1.7e-6)), judge(0.1 * (1 - 1.7e-6))]).toEqual(["regression", "regression"]);
  });

  it("must be finite, and known", () => {
    expect(judge(null)).toBe("regression");
    expect(judgeLosses(config, baseline, [{ ...at, step: 11, loss: 0.1 }])[0]).toMatchObject({
      expected: null,
      verdict: "regression",
    });
  });
});

describe("last losses", () => {
  const judge = (loss: number) =>
    judgeEnds(config, baseline, [{ label: "sgd", seed: 1, step: 540, loss }])[0].verdict;

  it("may differ by the spread over seeds", () => {
    expect([judge(0.0239), judge(0.0161), judge(0.0241), judge(0.0159)]).toEqual([
      ...["ok", "ok", "regression", "regression"],
    ]);
  });
});

describe("times", () => {
  const seen = (ratio: number) => [{ label: "rp", over: "sgd", ratio }];
  const judge = (ratio: number, same = true) => judgeTimes(1.4, baseline, seen(ratio), same)[0].verdict;

  it("are judged on both sides, on the processor of the baseline alone", () => {
    expect([judge(22.3), judge(22.5), judge(11.5), judge(11.4)]).toEqual([
      ...["ok", "regression", "ok", "regression"],
    ]);
    expect([judge(22.3, false), judge(22.5, false)]).toEqual(["ok", "advisory"]);
    expect(judgeTimes(1.4, baseline, [{ label: "new", over: "sgd", ratio: 1 }], true)[0].verdict).toBe(
      "regression",
    );
  });

  it("are off where both measurements are", () => {
    expect(nearerTimes(baseline, seen(30), seen(17))).toEqual(seen(17));
    expect(nearerTimes(baseline, seen(30), seen(25))).toEqual(seen(25));
    expect(nearerTimes(baseline, seen(15), seen(8))).toEqual(seen(15));
    // As far off to one side as to the other: neither measurement is taken for the truth.
    expect(judgeTimes(1.4, baseline, nearerTimes(baseline, seen(8), seen(30)), true)[0].verdict).toBe(
      "regression",
    );
  });
});

describe("reports", () => {
  const verdicts: Verdict[] = [
    {
      ...{ part: "loss", label: "rp", what: "after 10 steps, seed 1", expected: 0.0610268, seen: null },
      ...{ tolerance: "± 4.7e-5 of it", verdict: "regression" },
    },
    {
      ...{ part: "time", label: "rp", what: "over sgd <1 & 2>", expected: 16, seen: 24.5 },
      ...{ tolerance: "÷ or × 1.4", verdict: "advisory" },
    },
    {
      ...{ part: "end", label: "rp", what: "after 540 steps, seed 1", expected: 0.014675, seen: 0.014675 },
      ...{ tolerance: "± 100%", verdict: "ok" },
    },
  ];

  it("say what was expected and seen", () => {
    expect(verdictTable(verdicts)[1]).toEqual([
      ...["loss", "rp", "after 10 steps, seed 1", "0.0610268", "not finite", "± 4.7e-5 of it", "regression"],
    ]);
    const named = verdictTable(verdicts, (label) => `the ${label}`);
    expect(named[2].slice(1, 3)).toEqual(["the rp", "over the sgd <1 & 2>"]);
    expect(annotations(verdicts)).toEqual([
      "::error title=rp-bench check::loss of rp after 10 steps, seed 1: expected 0.0610268 ± 4.7e-5 of it, seen a value that is not finite",
      "::warning title=rp-bench check::step time of rp over sgd <1 & 2>: expected 16 ÷ or × 1.4, seen 24.5",
    ]);
    expect(annotations([{ ...verdicts[2], verdict: "regression" }])[0]).toContain("± 100%25, seen");
  });

  it("are JUnit XML: failures of regressions, skipped where advisory", () => {
    const xml = junitText(verdicts);
    expect(xml).toContain('<testsuites tests="3" failures="1" errors="0" skipped="1">');
    expect(xml).toMatch(
      /<testcase classname="rp-bench\.loss\.rp"[^>]*>\s*<failure message="loss of rp after 10/,
    );
    expect(xml).toMatch(/name="over sgd &lt;1 &amp; 2&gt;"|name="over sgd &lt;1 &amp; 2>"/);
    expect(xml).toMatch(/<skipped\/>/);
  });
});
