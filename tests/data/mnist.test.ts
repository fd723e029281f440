// The real MNIST files: known facts about them, the split, and the batches.

import { beforeAll, describe, expect, it } from "vitest";
import { BatchSource, permutation, scaleImages } from "../../src/data/batches.js";
import { type Dataset, loadDataset } from "../../src/data/load.js";
import { splitDataset } from "../../src/data/splits.js";

let mnist: Dataset;
beforeAll(async () => {
  mnist = await loadDataset("mnist");
});

describe("MNIST", () => {
  it("has its published mean and deviation", () => {
    // 0.1307 and 0.3081, the constants everyone normalizes the training set with.
    let sum = 0;
    let squares = 0;
    for (const byte of mnist.train.pixels) {
      sum += byte / 255;
      squares += (byte / 255) ** 2;
    }
    const count = mnist.train.pixels.length;
    expect(count).toBe(60000 * 784);
    expect(sum / count).toBeCloseTo(0.1307, 4);
    expect(Math.sqrt(squares / count - (sum / count) ** 2)).toBeCloseTo(0.3081, 4);
    expect(mnist.test.pixels.length).toBe(10000 * 784);
  });

  it("validates on the last tenth of the training set", () => {
    const { train, validation, test } = splitDataset(mnist);
    expect([train.count, validation.count, test.count]).toEqual([54000, 6000, 10000]);
    // Not toEqual, which takes its time over millions of values.
    expect(Buffer.compare(validation.pixels, mnist.train.pixels.subarray(54000 * 784))).toBe(0);
    expect(train.pixels.length + validation.pixels.length).toBe(mnist.train.pixels.length);
  });

  it("takes both from the first images where the training set is limited", () => {
    const { train, validation, test } = splitDataset(mnist, 1005);
    expect([train.count, validation.count, test.count]).toEqual([905, 100, 10000]);
    expect(validation.pixels).toEqual(mnist.train.pixels.subarray(905 * 784, 1005 * 784));
  });

  it("scales bytes to 0..1", () => {
    const out = new Float32Array(2 * 784);
    scaleImages(mnist.train, [7, 3], out);
    const expected = Float32Array.from(mnist.train.pixels.subarray(3 * 784, 4 * 784), (byte) => byte / 255);
    expect(out.subarray(784)).toEqual(expected);
    expect(Math.max(...out)).toBe(1);
    expect(Math.min(...out)).toBe(0);
  });
});

describe("batches", () => {
  it("are a permutation each epoch, with the rest dropped", () => {
    const images = { count: 23, size: 1, pixels: Uint8Array.from({ length: 23 }, (_, i) => i) };
    const source = new BatchSource(images, 5, 42);
    expect(source.stepsPerEpoch).toBe(4);
    const epochs = [0, 1].map((epoch) => {
      const seen = [0, 1, 2, 3].flatMap((step) => Array.from(source.at(4 * epoch + step)));
      return seen.map((value) => Math.round(value * 255));
    });
    for (const [epoch, seen] of epochs.entries()) {
      expect(new Set(seen).size).toBe(20);
      expect(seen).toEqual(Array.from(permutation(23, 42, epoch)).slice(0, 20));
    }
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it("depend on the seed alone", () => {
    expect(permutation(1000, 1, 3)).toEqual(permutation(1000, 1, 3));
    expect(permutation(1000, 1, 3)).not.toEqual(permutation(1000, 2, 3));
    expect(Array.from(permutation(1000, 1, 3)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
  });

  it("puts every image everywhere equally often", () => {
    // 6,000 permutations of 5: each of 25 cells expects 1,200, deviation √(1200 · 0.8) = 31; 5 deviations.
    const counts = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    for (let epoch = 0; epoch < 6000; epoch++) {
      permutation(5, 9, epoch).forEach((image, place) => {
        counts[place][image]++;
      });
    }
    for (const count of counts.flat()) expect(Math.abs(count - 1200)).toBeLessThan(155);
  });
});
