// Expected beside seen.

import type { CheckConfig } from "../config/check-schema.js";
import { spreadOf } from "../statistics.js";
import type { Baseline } from "./baseline.js";
import type { LossAt, TimeOf } from "./observe.js";

export interface Verdict {
  part: "loss" | "end" | "time";
  label: string;
  /** "after 10 steps, seed 1"; "over multiply-add loop" */
  what: string;
  /** null: the baseline has no such value. */
  expected: number | null;
  /** null: not finite. */
  seen: number | null;
  /** "± 4.7e-5 of it", "± 0.0002", "÷ or × 1.4" */
  tolerance: string;
  /** advisory: beyond the tolerance, on a processor or with kernels for which the expectation was not made. */
  verdict: "ok" | "regression" | "advisory";
}

/** The rounding unit of float32. */
const UNIT = 2 ** -24;

/**
 * What float32 may do to a loss, relative. Rounding in a sum of n terms is a random walk of √n units; an update that is
 * off by as much, in another direction at each step, moves the loss by less. Measured between the portable
 * kernels and the others: at most 2.2e-8, some hundredth of it.
 */
export function lossTolerance({ layerSizes }: Pick<CheckConfig, "layerSizes">): number {
  return Math.sqrt(Math.max(...layerSizes) + 1) * UNIT;
}

export function judgeLosses(config: CheckConfig, baseline: Baseline, seen: readonly LossAt[]): Verdict[] {
  return seen.map((one) => {
    const tolerance = lossTolerance(networkOf(config, one.label));
    const expected = find(baseline.losses, one);
    return {
      ...{ part: "loss" as const, label: one.label, what: `after ${steps(one.step)}, seed ${one.seed}` },
      ...{ expected, seen: one.loss, tolerance: `± ${tolerance.toExponential(1)} of it` },
      verdict: near(expected, one.loss, (expected ?? 0) * tolerance),
    };
  });
}

function networkOf(config: CheckConfig, label: string): Pick<CheckConfig, "layerSizes"> {
  return config.networks.find(({ name }) => label.startsWith(`${name}/`)) ?? config;
}

/** Rates at the edge of stability let rounding grow; a seed's end is known to what other seeds' ends differ by. */
export function judgeEnds(config: CheckConfig, baseline: Baseline, seen: readonly LossAt[]): Verdict[] {
  return seen.map((one) => {
    const expected = find(baseline.ends, one);
    const spread = spreadOf(baseline.ends.filter(({ label }) => label === one.label).map(({ loss }) => loss));
    const tolerance = Math.max(
      spread ? spread.greatest - spread.least : 0,
      (expected ?? 0) * lossTolerance(config),
    );
    return {
      ...{ part: "end" as const, label: one.label, what: `after ${steps(one.step)}, seed ${one.seed}` },
      ...{ expected, seen: one.loss, tolerance: `± ${tolerance.toPrecision(2)}` },
      verdict: near(expected, one.loss, tolerance),
    };
  });
}

export function judgeTimes(
  factor: number,
  baseline: Baseline,
  seen: readonly TimeOf[],
  sameMachine: boolean,
): Verdict[] {
  return seen.map(({ label, over, ratio }) => {
    const expected = baseline.times.find((one) => one.label === label && one.over === over)?.ratio ?? null;
    const off = expected === null || offBy(expected, ratio) > factor;
    return {
      ...{ part: "time" as const, label, what: `over ${over}`, expected, seen: ratio },
      tolerance: `÷ or × ${factor}`,
      verdict: off ? (sameMachine ? "regression" : "advisory") : "ok",
    };
  });
}

/** Of two measurements of the same, each ratio that is nearer to what is expected: only what is off twice is off. */
export function nearerTimes(
  baseline: Baseline,
  first: readonly TimeOf[],
  second: readonly TimeOf[],
): TimeOf[] {
  return first.map((one, index) => {
    const other = second[index];
    const expected = baseline.times.find(({ label, over }) => label === one.label && over === one.over);
    if (!expected || !other) return one;
    return offBy(expected.ratio, other.ratio) < offBy(expected.ratio, one.ratio) ? other : one;
  });
}

function offBy(expected: number, ratio: number): number {
  return Math.max(expected / ratio, ratio / expected);
}

function find(all: Baseline["losses"], { label, seed, step }: LossAt): number | null {
  return all.find((one) => one.label === label && one.seed === seed && one.step === step)?.loss ?? null;
}

function near(expected: number | null, seen: number | null, tolerance: number): Verdict["verdict"] {
  return expected !== null && seen !== null && Math.abs(seen - expected) <= tolerance ? "ok" : "regression";
}

function steps(count: number): string {
  return `${count} step${count === 1 ? "" : "s"}`;
}
