import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { stream, streamFrom } from "../random/streams.js";

/** What decides the draws to come. */
export interface SamplerState {
  order: Int32Array;
  random: Int32Array;
}

/** Draws m of K outputs without replacement, again and again, from a stream of its own. */
export class OutputSampler {
  private random: RandomGenerator;
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

  /** A copy. */
  state(): SamplerState {
    return { order: this.order.slice(), random: Int32Array.from(this.random.getState()) };
  }

  restore({ order, random }: SamplerState): void {
    this.order.set(order);
    this.random = streamFrom(random);
  }
}
