import { z } from "zod";

// The objective is the mean of L(y_s) = (y_s − t_s)² over the S values of a batch's outputs.

/** L'' */
export const SECOND_DERIVATIVE = 2;

export const LOSSES = ["mse", "cross-entropy"] as const;
export type Loss = (typeof LOSSES)[number];
export const lossSchema = z.enum(LOSSES, { error: `must be one of ${LOSSES.join(", ")}` });
