import { expect, it } from "vitest";
import { colorsOf } from "../../src/figures/charts/colors.js";
import { OPTIMIZER_NAMES } from "../../src/optimizers/registry.js";

it("gives every optimizer and two variants of them a colour of their own, and the optimizers always the same", () => {
  const labels = [...OPTIMIZER_NAMES, "rp-fast", "sophia-sampled32"];
  const colors = colorsOf(labels);
  expect(new Set(colors.values()).size).toBe(labels.length);
  for (const name of OPTIMIZER_NAMES) expect(colorsOf([name, "rp-half"]).get(name)).toBe(colors.get(name));
});
