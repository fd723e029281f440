// The plan that is kept up to date run by run, beside the whole plan made anew.

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { expect, it } from "vitest";
import { resolveStudyConfig, studyConfigPath } from "../../src/config/study-resolve.js";
import type { LoadedRun } from "../../src/results/result-folder.js";
import { runName } from "../../src/results/run-name.js";
import { type PlannedRun, planStudy } from "../../src/sweep/plan.js";
import { StudyPlanner } from "../../src/sweep/planner.js";

const study = resolveStudyConfig(studyConfigPath("extensions"), {});
const config = { ...study, datasets: study.datasets.slice(0, 2), optimizers: study.optimizers.slice(0, 3) };
const facts = [...new Set(config.datasets.map(({ name }) => name))].map((name) => ({
  ...{ name, title: name, verified: true, checksums: {} },
}));

/** Best at a rate that depends on the optimizer; three times that diverges. */
function made({ label, learningRate, seed }: PlannedRun): LoadedRun {
  const best = label.length;
  const loss = 0.01 + Math.abs(Math.log10(Number(learningRate) / best)) + seed / 1e6;
  const row = { epoch: 1, step: 10, trainingSeconds: 1, trainLoss: loss, testLoss: loss };
  const status = Number(learningRate) > 3 * best ? "diverged" : "done";
  return {
    record: { status, step: 10 } as LoadedRun["record"],
    rows: [{ ...row, validationLoss: loss }],
    edited: false,
  };
}

it("wants after each run what the whole plan wants, in whatever order runs are made", () => {
  const results = new Map<string, LoadedRun>();
  const resultOf = (run: PlannedRun) => results.get(runName(run));
  const planner = new StudyPlanner(config, facts, resultOf);
  const random = xoroshiro128plus(7);
  const taken: string[] = [];
  let count = 0;
  for (; planner.open > 0; count++) {
    taken.push(...planner.takeNew().map(runName));
    const runs = planStudy(config, facts, resultOf).flatMap((branch) => branch.runs);
    const wanted = runs.filter((run) => !resultOf(run));
    expect([planner.open, planner.known]).toEqual([wanted.length, runs.length]);
    expect(planner.find(() => true)).toEqual(wanted[0]);
    for (const run of wanted) expect(planner.isOpen(run)).toBe(true);
    const run = wanted[uniformInt(random, 0, wanted.length - 1)];
    results.set(runName(run), made(run));
    planner.made(run);
  }
  expect(count).toBeGreaterThan(50);
  expect(taken).toHaveLength(count);
  expect(new Set(taken).size).toBe(count);
  expect(planner.branches()).toEqual(planStudy(config, facts, resultOf));
});

it("begins where results are already, and shows outcomes of branches that go on", () => {
  const results = new Map<string, LoadedRun>();
  const resultOf = (run: PlannedRun) => results.get(runName(run));
  const [first, second] = planStudy(config, facts, resultOf)[0].runs;
  results.set(runName(first), made(first));
  const planner = new StudyPlanner(config, facts, resultOf);
  expect(planner.find(() => true)).toEqual(second);
  expect(planner.find((name) => name !== runName(second))).not.toEqual(second);
  results.set(runName(second), made(second));
  planner.made(second);
  expect(planner.branches()).toEqual(planStudy(config, facts, resultOf));
});
