import { z } from "zod";
import type { Momentum } from "../kernels/kernels.js";
import type { StateFactory } from "./optimizer.js";

/** Smaller numbers lose digits in float32, or become 0. */
export const FLOAT32_LEAST = 1.2e-38;

// Pieces of the optimizers' option schemas.

export const learningRateSchema = z
  .number("must be a positive number")
  .positive("must be a positive number")
  .min(FLOAT32_LEAST, "must be within float32's range")
  .max(3e38, "must be within float32's range");
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
