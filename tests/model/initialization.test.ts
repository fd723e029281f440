import { describe, expect, it } from "vitest";
import { layoutOf, parameterCount } from "../../src/model/architecture.js";
import { initialParameters } from "../../src/model/initialization.js";
import { expectSame } from "../support/compare.js";

const sizes = [784, 256, 64, 256, 784];

describe("initialParameters", () => {
  it("is Glorot's uniform distribution, layer by layer, with biases 0", () => {
    const parameters = initialParameters(sizes, 0);
    expect(parameters.length).toBe(435_536); // 784·256 + 256 + 256·64 + 64 + 64·256 + 256 + 256·784 + 784
    expect(parameterCount(sizes)).toBe(parameters.length);
    for (const { inputs, outputs, weights, biases } of layoutOf(sizes)) {
      const limit = Math.sqrt(6 / (inputs + outputs));
      const layer = parameters.subarray(weights, biases);
      const n = layer.length;
      const mean = layer.reduce((sum, w) => sum + w, 0) / n;
      const variance = layer.reduce((sum, w) => sum + w * w, 0) / n;
      const deviation = limit / Math.sqrt(3);
      expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(n));
      expect(variance / deviation ** 2).toBeCloseTo(1, 1);
      expect(layer.every((w) => Math.abs(w) <= limit)).toBe(true);
      expect(layer.some((w) => Math.abs(w) > 0.99 * limit)).toBe(true);
      expect(parameters.subarray(biases, biases + outputs).every((b) => b === 0)).toBe(true);
    }
  });

  it("depends on the seed alone", () => {
    const parameters = initialParameters(sizes, 3);
    expectSame(initialParameters(sizes, 3), parameters, "again");
    const other = initialParameters(sizes, 4);
    expect(other.some((value, index) => value !== parameters[index])).toBe(true);
  });
});
