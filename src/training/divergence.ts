import { DIVERGENCE } from "../results/divergence.js";

/** What a detector knows of the steps so far. */
export interface DetectorState {
  /** The last batch loss that was finite; null before the first. */
  lastFiniteLoss: number | null;
  firstLoss: number | null;
  /** How many steps running the loss has been too high. */
  above: number;
}

const NOTHING_SEEN: DetectorState = { lastFiniteLoss: null, firstLoss: null, above: 0 };

/** Looks at every step of one run. */
export class DivergenceDetector {
  lastFiniteLoss: DetectorState["lastFiniteLoss"];
  private firstLoss: DetectorState["firstLoss"];
  private above: DetectorState["above"];

  constructor({ lastFiniteLoss, firstLoss, above }: DetectorState = NOTHING_SEEN) {
    this.lastFiniteLoss = lastFiniteLoss;
    this.firstLoss = firstLoss;
    this.above = above;
  }

  get state(): DetectorState {
    const { lastFiniteLoss, firstLoss, above } = this;
    return { lastFiniteLoss, firstLoss, above };
  }

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
