import { uniformInt } from "pure-rand/distribution/uniformInt";
import { stream } from "../random/streams.js";
import type { Images } from "./load.js";

const SCALED = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** Copies images into `out` [indices.length × size] as float32 values 0..1. */
export function scaleImages(images: Images, indices: ArrayLike<number>, out: Float32Array): void {
  const { size, pixels } = images;
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] * size;
    const to = row * size;
    for (let i = 0; i < size; i++) out[to + i] = SCALED[pixels[from + i]];
  }
}

/**
 * Batches from a seeded permutation per epoch, an incomplete last batch dropped. The order depends on the seed, the
 * epoch and the number of images alone, so every optimizer and engine sees the same batches.
 */
export class BatchSource {
  readonly stepsPerEpoch: number;
  private readonly batch: Float32Array;
  private order: Uint32Array = new Uint32Array(0);
  private epoch = -1;

  constructor(
    private readonly images: Images,
    private readonly batchSize: number,
    private readonly seed: number,
  ) {
    this.stepsPerEpoch = Math.floor(images.count / batchSize);
    this.batch = new Float32Array(batchSize * images.size);
  }

  /** The batch of a step, counted from 0; the array is used again by the next call. */
  at(step: number): Float32Array {
    const epoch = Math.floor(step / this.stepsPerEpoch);
    if (epoch !== this.epoch) {
      this.order = permutation(this.images.count, this.seed, epoch);
      this.epoch = epoch;
    }
    const first = (step % this.stepsPerEpoch) * this.batchSize;
    scaleImages(this.images, this.order.subarray(first, first + this.batchSize), this.batch);
    return this.batch;
  }
}

/** Fisher and Yates's shuffle of 0..count−1. */
export function permutation(count: number, seed: number, epoch: number): Uint32Array {
  const random = stream(seed, "batch-order", epoch);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const swap = order[i];
    order[i] = order[j];
    order[j] = swap;
  }
  return order;
}
