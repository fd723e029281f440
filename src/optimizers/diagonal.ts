// What the optimizers over the diagonal of the Gauss-Newton matrix have in common.

import { z } from "zod";

/** How RP and they get their curvature: "exact", or how many outputs to draw each time. */
export const curvatureSchema = z.union(
  [
    z.literal("exact"),
    z.strictObject({ outputs: z.int("must be a whole number").min(1, "must be at least 1") }),
  ],
  { error: 'must be "exact" or { "outputs": a count of at least 1 }' },
);
type Curvature = z.output<typeof curvatureSchema>;

/** Steps from one whose curvature is computed to the next. */
export const intervalSchema = z
  .int("must be a whole number")
  .min(1, "must be at least 1")
  .max(2 ** 31 - 1, "must be at most 2147483647");

/** The label of an optimizer, which tells of sampling. */
export function sampledLabel(name: string, curvature: Curvature): string {
  return curvature === "exact" ? name : `${name}-sampled${curvature.outputs}`;
}

export function curvatureWords(curvature: Curvature): string[] {
  return curvature === "exact" ? [] : [`${curvature.outputs} outputs`];
}

export function intervalWords(curvatureInterval: number, usual: number): string[] {
  if (curvatureInterval === usual) return [];
  return [`curvature every ${curvatureInterval === 1 ? "step" : `${curvatureInterval} steps`}`];
}
