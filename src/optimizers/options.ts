import { z } from "zod";
import type { Momentum } from "../kernels/kernels.js";
import type { StateFactory } from "./optimizer.js";

/** Smaller numbers lose digits in float32, or become 0. */
export const FLOAT32_LEAST = 1.2e-38;

/** A learning rate that is computed anew at each step. */
export const AUTO = "auto";
export type LearningRate = number | typeof AUTO;

// Pieces of the optimizers' option schemas.

const RATE = "must be a positive number";

export const learningRateSchema = z
  .number({ error: ({ input }) => (input === AUTO ? `${RATE}, as only rp has "${AUTO}"` : RATE) })
  .positive(RATE)
  .min(FLOAT32_LEAST, "must be within float32's range")
  .max(3e38, "must be within float32's range");
/** Of an optimizer that can compute its own. */
export const rateOrAutoSchema = z.union([learningRateSchema, z.literal(AUTO)], {
  error: ({ input, errors }) =>
    typeof input === "number" || input === undefined
      ? (errors as z.core.$ZodIssue[][])[0]?.[0]?.message
      : `${RATE} or "${AUTO}"`,
});
/** The weight of the past in a running mean. */
export const decaySchema = z
  .number("must be a number from 0 to below 1")
  .min(0, "must be from 0 to below 1")
  .lt(1, "must be from 0 to below 1");

/** Of the optimizers with momentum. */
export const momentumSettings = {
  momentum: decaySchema.default(0),
  nesterov: z.boolean("must be true or false").default(false),
};
interface MomentumOptions {
  momentum: number;
  nesterov: boolean;
}

/**
 * Warm-up, which every optimizer has: with T = warmupSteps the rate of step t = 0, 1, … is
 *   λ_t = λ min(1, (t + 1) / T)
 * so that it is λ from step T − 1 on, and always where T = 0.
 */
export const warmupSettings = {
  warmupSteps: z
    .int("must be a whole number")
    .min(0, "must be at least 0")
    .max(2 ** 31 - 1, "must be at most 2147483647")
    .default(0),
};
interface WarmupOptions {
  learningRate: number;
  warmupSteps: number;
}

/** Gives the rate of each step, counted from 1. */
export function createRate({ learningRate, warmupSteps }: WarmupOptions): (step: number) => number {
  return (step) => (step >= warmupSteps ? learningRate : learningRate * (step / warmupSteps));
}

export function warmupWords({ warmupSteps }: Pick<WarmupOptions, "warmupSteps">): string[] {
  return warmupSteps > 0 ? [`warm-up ${warmupSteps}`] : [];
}

/** Nesterov's form looks ahead along the momentum, so it needs some. */
export const momentumNeeded = {
  holds: ({ momentum, nesterov }: MomentumOptions) => !nesterov || momentum > 0,
  complaint: { path: ["nesterov"], message: "needs a momentum above 0 (--momentum)" },
};

export function momentumWords({ momentum, nesterov }: MomentumOptions): string[] {
  return momentum > 0 ? [`${nesterov ? "Nesterov " : ""}momentum ${momentum}`] : [];
}

/** The momentum of an update, with its buffer where there is one. */
export function createMomentum({ momentum, nesterov }: MomentumOptions, state: StateFactory): Momentum {
  return { buffer: momentum > 0 ? state() : null, coefficient: momentum, nesterov };
}
