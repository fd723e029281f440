import type { FloatArray, LayerLayout } from "../model/architecture.js";
import { quantiles } from "../statistics.js";

export const RATIOS = ["gauss_newton", "hessian"] as const;
export const PARAMETER_KINDS = ["weights", "biases"] as const;
const SHARES = { min: 0, p5: 0.05, p25: 0.25, median: 0.5, p75: 0.75, p95: 0.95, max: 1 } as const;
export type Quantile = keyof typeof SHARES;
export const QUANTILES = Object.keys(SHARES) as Quantile[];

/** How h of eq. (6) compares with another diagonal, over the weights or the biases of one layer. */
export interface Ratio {
  /** The update, counted from 1, before which it was taken. */
  step: number;
  /** Counted from 1, at the input. */
  layer: number;
  parameters: (typeof PARAMETER_KINDS)[number];
  /** What h is divided by. */
  over: (typeof RATIOS)[number];
  count: number;
  /** Parameters whose other diagonal is 0 or below it: they have no ratio. */
  zeros: number;
  negatives: number;
  /** Of h over the other diagonal where that is positive; null if it nowhere is. */
  quantiles: Record<Quantile, number> | null;
}

/** For each layer, its weights and its biases apart: they differ, and a quantile of both would be the weights' alone. */
export function ratiosOf(
  step: number,
  layers: readonly LayerLayout[],
  h: FloatArray,
  diagonals: Record<(typeof RATIOS)[number], FloatArray>,
): Ratio[] {
  return layers.flatMap(({ weights, biases, outputs }, l) =>
    PARAMETER_KINDS.flatMap((parameters) =>
      RATIOS.map((over): Ratio => {
        const [first, end] = parameters === "weights" ? [weights, biases] : [biases, biases + outputs];
        const counted = compare(h.subarray(first, end), diagonals[over].subarray(first, end));
        return { step, layer: l + 1, parameters, over, count: end - first, ...counted };
      }),
    ),
  );
}

function compare(h: FloatArray, other: FloatArray): Pick<Ratio, "zeros" | "negatives" | "quantiles"> {
  const ratios = new Float64Array(h.length);
  let [count, zeros, negatives] = [0, 0, 0];
  for (let i = 0; i < h.length; i++) {
    if (other[i] > 0) ratios[count++] = h[i] / other[i];
    else if (other[i] < 0) negatives++;
    else zeros++;
  }
  const ascending = ratios.subarray(0, count).sort();
  const [min, p5, p25, median, p75, p95, max] = quantiles(ascending, Object.values(SHARES));
  return { zeros, negatives, quantiles: count > 0 ? { min, p5, p25, median, p75, p95, max } : null };
}
