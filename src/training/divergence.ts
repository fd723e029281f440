import { DIVERGENCE } from "../results/divergence.js";

/** Looks at every step of one run. */
export class DivergenceDetector {
  /** The last batch loss that was finite; null before the first. */
  lastFiniteLoss: number | null = null;
  private firstLoss: number | null = null;
  private above = 0;

  /** @returns what is wrong, or null. */
  observe(loss: number, parametersFinite: boolean): string | null {
    if (!Number.isFinite(loss)) return `the batch loss is ${loss}`;
    this.lastFiniteLoss = loss;
    this.firstLoss ??= loss;
    this.above = loss > DIVERGENCE.lossFactor * this.firstLoss ? this.above + 1 : 0;
    if (!parametersFinite) return "a parameter is not finite";
    if (this.above < DIVERGENCE.patience) return null;
    return `the batch loss stayed above ${DIVERGENCE.lossFactor} times its first value for ${DIVERGENCE.patience} steps`;
  }
}
