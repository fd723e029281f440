// Sixty steps beside PyTorch's own optimizers, in float64. What PyTorch did is written down in tests/fixtures/pytorch, by the
// script there; where RP_BENCH_PYTHON names an interpreter with PyTorch, the script runs again and must come to the same.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEngine, type OptimizerOptions } from "../../src/index.js";
import { parameterCount } from "../../src/model/architecture.js";
import { root, temporaryFolder } from "../support/cli.js";
import { expectClose } from "../support/compare.js";

interface Trajectories {
  torch: string;
  layerSizes: number[];
  rows: number;
  cases: Record<
    string,
    { options: OptimizerOptions; losses: number[]; parameters: Record<string, number[]> }
  >;
}

const folder = join(root, "tests", "fixtures", "pytorch");
const readTrajectories = (path: string): Trajectories => JSON.parse(readFileSync(path, "utf8"));
const recorded = readTrajectories(join(folder, "trajectories.json"));
const python = process.env.RP_BENCH_PYTHON;

/** The values of make.py. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

const valuesOf = (
  Numbers: Float32ArrayConstructor | Float64ArrayConstructor,
  count: number,
  next: () => number,
) => new Numbers(Array.from({ length: count }, next));

const ENGINES = [
  // The same operations in another order of sums: some 1e-16 each, and stable rates do not let it grow.
  { engine: "reference", tolerance: 1e-12, Numbers: Float64Array },
  // Float32 rounds at 6e-8, at every operation of every step.
  { engine: "native", tolerance: 2e-5, Numbers: Float32Array },
  { engine: "tfjs", tolerance: 2e-5, Numbers: Float32Array },
] as const;

describe.each(ENGINES)("$engine follows PyTorch", ({ engine: name, tolerance, Numbers }) => {
  it.each(Object.entries(recorded.cases))("%s", async (_, { options, losses, parameters }) => {
    const { layerSizes, rows } = recorded;
    const engine = await createEngine(name, name === "tfjs" ? { backend: "cpu" } : {});
    const initial = generator(1);
    const session = await engine.createSession({
      ...{ layerSizes, optimizer: options, batchSize: rows },
      parameters: valuesOf(Numbers, parameterCount(layerSizes), () => 2 * initial() - 1),
    });
    const pixel = generator(2);
    expect(losses).toHaveLength(60);
    const seen: number[] = [];
    for (let step = 1; step <= losses.length; step++) {
      const batch = valuesOf(Numbers, rows * layerSizes[0], pixel);
      seen.push((await session.step(batch)).loss);
      if (parameters[step]) {
        expectClose(session.parameters(), parameters[step], tolerance, `parameters after step ${step}`);
      }
    }
    expectClose(seen, losses, tolerance, "losses");
    session.dispose();
  });
});

it("is what PyTorch does", ({ skip }) => {
  const found = python ? spawnSync(python, ["-c", "import torch"]).status === 0 : false;
  if (!python || !found) {
    console.log(
      "PyTorch's optimizers did not run again: RP_BENCH_PYTHON names no interpreter that has PyTorch",
    );
    skip();
    return;
  }
  const path = join(temporaryFolder(), "trajectories.json");
  const { stderr, status } = spawnSync(python, [join(folder, "make.py"), path], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  const { cases, layerSizes, rows } = readTrajectories(path);
  expect({ layerSizes, rows }).toEqual({ layerSizes: recorded.layerSizes, rows: recorded.rows });
  expect(Object.keys(cases)).toEqual(Object.keys(recorded.cases));
  for (const [label, { options, losses, parameters }] of Object.entries(cases)) {
    const before = recorded.cases[label];
    expect(options).toEqual(before.options);
    expectClose(losses, before.losses, 1e-12, `losses of ${label}`);
    expectClose(parameters[60], before.parameters[60], 1e-12, `parameters of ${label}`);
  }
});
