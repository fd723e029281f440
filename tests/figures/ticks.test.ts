import { expect, it } from "vitest";
import { logarithmicTicks } from "../../src/figures/charts/ticks.js";

it.each([
  [0.009, 0.15, [0.01, 0.02, 0.05, 0.1]],
  [0.0085, 1.2, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]],
  [0.121, 0.139, [0.125, 0.13, 0.135]],
  [0.0098, 0.0141, [0.01, 0.011, 0.012, 0.013, 0.014]],
  [1e-3, 1e42, [1e-3, 1e2, 1e7, 1e12, 1e17, 1e22, 1e27, 1e32, 1e37, 1e42]],
])("ticks from %d to %d", (min, max, ticks) => {
  expect(logarithmicTicks(min, max)).toEqual(ticks);
});
