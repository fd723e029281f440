import { expect, it } from "vitest";
import { numberStyle } from "../../src/figures/charts/numbers.js";
import { digitTicks, logarithmicTicks, minorTicks } from "../../src/figures/charts/ticks.js";

it.each([
  [0.029, 0.052, [0.03, 0.035, 0.04, 0.045, 0.05]],
  [0.0085, 0.0188, [0.01, 0.012, 0.014, 0.016, 0.018]],
  [0.009, 0.15, [0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15]],
  [0.0085, 1.2, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]],
  [0.121, 0.139, [0.122, 0.124, 0.126, 0.128, 0.13, 0.132, 0.134, 0.136, 0.138]],
  [0.0098, 0.0141, [0.01, 0.011, 0.012, 0.013, 0.014]],
  [1e-3, 1e42, [1e-3, 1e2, 1e7, 1e12, 1e17, 1e22, 1e27, 1e32, 1e37, 1e42]],
])("ticks from %d to %d", (min, max, ticks) => {
  expect(logarithmicTicks(min, max)).toEqual(ticks);
});

it("has three numbers in every decade that a picture has room for, and ticks between them", () => {
  for (const decades of [1, 2, 3, 4, 5, 6]) {
    for (const least of [1e-6, 0.003, 0.7]) {
      const ticks = logarithmicTicks(least, least * 10 ** decades);
      const numbers = ticks.length;
      expect(numbers, `${decades} from ${least}`).toBeGreaterThanOrEqual(3 * decades);
      expect(numbers).toBeLessThanOrEqual(19);
      const minor = minorTicks(least, least * 10 ** decades);
      expect(minor.length).toBeGreaterThanOrEqual(3 * decades);
    }
  }
});

it("has room in every decade for three numbers where two of them are digits", () => {
  for (const decades of [5, 7, 9]) {
    const [min, max] = [0.0007, 0.0007 * 10 ** decades];
    const powers = logarithmicTicks(min, max, 14);
    expect(powers).toHaveLength(decades);
    expect(digitTicks(min, max, powers)).toHaveLength(2 * decades);
  }
  expect(digitTicks(0.01, 1, logarithmicTicks(0.01, 1))).toEqual([]);
  expect(digitTicks(1e-8, 1e4, logarithmicTicks(1e-8, 1e4))).toEqual([]);
});

it("has minor ticks on a short axis, too", () => {
  expect(minorTicks(0.0085, 0.0118).length).toBeGreaterThanOrEqual(10);
});

it.each([
  ["decimals alike on a linear axis", [0, 0.00005, 0.0001], true, ["0.00000", "0.00005", "0.00010"]],
  ["no more than they need", [-1, 0, 2], true, ["−1", "0", "2"]],
  ["the shortest on a logarithmic one", [0.01, 0.015, 1], false, ["0.01", "0.015", "1"]],
  ["all with a power of ten where one needs it", [1e-8, 0.01, 1], false, ["1e-8", "1e-2", "1e0"]],
  ["great ones, too", [100, 2e6], false, ["1e2", "2e6"]],
])("writes the numbers of one axis in one style: %s", (_, values, aligned, texts) => {
  expect(values.map(numberStyle(values, aligned))).toEqual(texts);
});
