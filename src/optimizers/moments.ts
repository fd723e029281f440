// What Adam and its relatives have in common: settings of the two averages, their words, and the steps of Adam's kernel.

import { z } from "zod";
import type { AdamConstants } from "../kernels/kernels.js";
import { decaySchema, FLOAT32_LEAST } from "./options.js";

/** What keeps a denominator above 0. */
export const epsilonSchema = z
  .number("must be a positive number")
  .positive("must be a positive number")
  .min(FLOAT32_LEAST, "must be within float32's range")
  .max(3e38, "must be within float32's range");

/** Taken off the parameters themselves at each step, times the learning rate. */
export const weightDecaySchema = z
  .number("must be a number from 0 to 1")
  .min(0, "must be from 0 to 1")
  .max(1, "must be from 0 to 1");

export const momentSettings = {
  beta1: decaySchema.default(0.9),
  beta2: decaySchema.default(0.999),
  epsilon: epsilonSchema.default(1e-8),
};
type Moments = Pick<AdamConstants, "beta1" | "beta2" | "epsilon">;

/** What is not as by default. */
export function momentWords(
  { beta1, beta2, epsilon }: Moments,
  usual: Moments = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
): string[] {
  return [
    ...(beta1 === usual.beta1 ? [] : [`β1 ${beta1}`]),
    ...(beta2 === usual.beta2 ? [] : [`β2 ${beta2}`]),
    ...(epsilon === usual.epsilon ? [] : [`ε ${epsilon}`]),
  ];
}

export function weightDecayWords({ weightDecay }: { weightDecay: number }, usual = 0): string[] {
  return weightDecay === usual ? [] : [`weight decay ${weightDecay}`];
}
