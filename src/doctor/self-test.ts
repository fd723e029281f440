// A second's worth of an engine's kernels against the reference ones in double precision, for a broken build or processor.

import type { Engine, EngineName, SessionOptions } from "../engines/engine.js";
import { createKernelEngine } from "../engines/kernel-engine.js";
import { createReferenceKernels } from "../kernels/reference.js";
import type { FloatArray } from "../model/architecture.js";
import { initialParameters } from "../model/initialization.js";
import type { OptimizerOptions } from "../optimizers/registry.js";
import { bad, type Finding, ok } from "./findings.js";

const OPTIMIZERS: OptimizerOptions[] = [
  { name: "rp", learningRate: 2 },
  { name: "rp", learningRate: 2, curvature: { outputs: 7 }, momentum: 0.9, curvatureDecay: 0.9 },
  { name: "adam", learningRate: 1e-3 },
  { name: "sgd", learningRate: 0.5, momentum: 0.5, nesterov: true },
];
/** Widths that no vector length divides, and that need more than one tile. */
const LAYER_SIZES = [61, 37, 9, 37, 61];
const ROWS = 21;
const STEPS = 8;
/**
 * Of losses and curvature, relative. Float32 keeps seven digits, sums of 61 terms and eight steps lose one or two; a
 * kernel that is wrong is wrong in the first three.
 */
const TOLERANCE = 1e-4;

export async function selfTest(engine: Engine): Promise<Finding> {
  const reference = createKernelEngine(createReferenceKernels());
  const { name: engineName, instructionSet, threads } = engine.description;
  let worst = 0;
  for (const optimizer of OPTIMIZERS) {
    const [found, exact] = [
      await trajectory(engine, optimizer, Float32Array),
      await trajectory(reference, optimizer, Float64Array),
    ];
    worst = Math.max(worst, ...found.map((value, index) => difference(value, exact[index])));
  }
  const name = `${engineName} kernels (${instructionSet}, ${threads} threads) and reference`;
  if (worst <= TOLERANCE) return ok("self-test", `${name} differ by at most ${worst.toExponential(1)}`);
  return bad(
    "self-test",
    `${name} differ by ${worst.toExponential(1)}, more than ${TOLERANCE.toExponential(0)} of float32's rounding`,
    `${REMEDIES[engineName] ?? "install rp-bench again"}; until then: --engine reference`,
  );
}

const REMEDIES: Partial<Record<EngineName, string>> = { native: "build them again: npm run build:native" };

/** Losses of some steps, then the curvature. */
async function trajectory(
  engine: Engine,
  optimizer: OptimizerOptions,
  Numbers: Float32ArrayConstructor | Float64ArrayConstructor,
): Promise<number[]> {
  const parameters: FloatArray = Numbers.from(initialParameters(LAYER_SIZES, 0));
  const options: SessionOptions = {
    layerSizes: LAYER_SIZES,
    optimizer,
    parameters,
    batchSize: ROWS,
    seed: 0,
  };
  const session = await engine.createSession(options);
  try {
    const values: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const batch = new Numbers(ROWS * LAYER_SIZES[0]).map((_, i) => pixel(i, step));
      values.push((await session.step(batch)).loss);
      if (step === STEPS - 1) values.push(...(await session.curvature(batch)));
    }
    return values;
  } finally {
    session.dispose();
  }
}

/** A smooth image in 0..1, another at each step, exact in both precisions. */
function pixel(index: number, step: number): number {
  return Math.fround(0.5 + 0.5 * Math.sin(0.37 * index + step));
}

function difference(value: number, expected: number): number {
  if (value === expected) return 0;
  const relative = Math.abs(value - expected) / Math.max(Math.abs(expected), 1e-6);
  return Number.isFinite(relative) ? relative : Number.POSITIVE_INFINITY;
}
