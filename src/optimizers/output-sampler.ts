import { uniformInt } from "pure-rand/distribution/uniformInt";
import { stream } from "../random/streams.js";

/** Draws m of K outputs without replacement, again and again, from a stream of its own. */
export class OutputSampler {
  private readonly random;
  private readonly order: Int32Array;
  private readonly sample: Int32Array;

  constructor(outputs: number, count: number, seed: number) {
    this.random = stream(seed, "output-sampling");
    this.order = Int32Array.from({ length: outputs }, (_, k) => k);
    this.sample = new Int32Array(count);
  }

  /** Ascending indices; the array is used again by the next call. */
  draw(): Int32Array {
    const { order, sample, random } = this;
    for (let i = 0; i < sample.length; i++) {
      const j = uniformInt(random, i, order.length - 1);
      const chosen = order[j];
      order[j] = order[i];
      order[i] = chosen;
      sample[i] = chosen;
    }
    return sample.sort();
  }
}
