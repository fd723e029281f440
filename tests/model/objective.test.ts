// The losses of one output: derivatives by differences, the bound over random outputs and changes, large and zero logits.

import { describe, expect, it } from "vitest";
import { CURVATURE_BOUNDS, LOSSES, objectiveOf, sigmoid } from "../../src/model/objective.js";
import { randomValues } from "../support/random.js";

const logits = Array.from(randomValues(400, 1, -1, 1), (x) => 40 * x ** 3); // most near 0, where the loss bends
const targets = Array.from(randomValues(400, 2, 0, 1));
/** From the smallest changes to such that go far beyond 0 on either side. */
const changes = Array.from(randomValues(400, 3, -1, 1), (x) => 100 * x ** 5);

describe.each(LOSSES)("%s", (loss) => {
  const objective = objectiveOf(loss, "exact");

  it("has the slope of differences", () => {
    logits.forEach((y, n) => {
      const step = 1e-5;
      const at = (x: number) => objective.value(x, targets[n]);
      const difference = (at(y + step) - at(y - step)) / (2 * step);
      // Rounding of the values over the step, and a third derivative of at most 0.1 times its square.
      const tolerance = 1e-10 + (1e-16 * Math.abs(at(y))) / step;
      expect(Math.abs(objective.slope(y, targets[n]) - difference)).toBeLessThan(10 * tolerance);
    });
  });

  it("has the second derivative of differences, where it is exact", () => {
    for (const y of logits) {
      const step = 1e-4;
      const difference = (objective.slope(y + step, 0.3) - objective.slope(y - step, 0.3)) / (2 * step);
      expect(Math.abs(objective.curvature(y) - difference)).toBeLessThan(1e-8);
    }
  });
});

describe("the curvature of the cross-entropy", () => {
  const excess = (bound: (typeof CURVATURE_BOUNDS)[number]) => {
    const { value, slope, curvature } = objectiveOf("cross-entropy", bound);
    let most = Number.NEGATIVE_INFINITY;
    for (const [n, z] of logits.entries()) {
      for (const dz of changes) {
        const t = targets[n];
        const model = value(z, t) + slope(z, t) * dz + 0.5 * curvature(z) * dz * dz;
        most = Math.max(most, value(z + dz, t) - model - 1e-12 * Math.abs(model)); // rounding aside
      }
    }
    return most;
  };

  it.each(["jaakkola-jordan", "boehning"] as const)(
    "bounds the loss from above at any change: %s",
    (bound) => {
      expect(excess(bound)).toBeLessThanOrEqual(1e-13);
    },
  );

  it("bounds nothing where it is the second derivative", () => {
    expect(excess("exact")).toBeGreaterThan(1);
  });

  it("of Jaakkola and Jordan touches the loss at the change that mirrors the logit, so no smaller one bounds it", () => {
    const { value, slope, curvature } = objectiveOf("cross-entropy", "jaakkola-jordan");
    for (const z of [0.1, -0.7, 3, -8, 20]) {
      const model = value(z, 0.4) - 2 * z * slope(z, 0.4) + 2 * curvature(z) * z * z;
      expect(value(-z, 0.4) / model).toBeCloseTo(1, 12);
    }
  });

  it("is continuous at 0, a quarter there, and never above it", () => {
    const { curvature } = objectiveOf("cross-entropy", "jaakkola-jordan");
    for (const z of [0, -0, 1e-320, 1e-8, 9.9e-5, -9.9e-5, 1.01e-4, 1e-3]) {
      expect(curvature(z)).toBeCloseTo(0.25 - (z * z) / 48, 13);
      expect(curvature(z)).toBeLessThanOrEqual(0.25);
    }
  });

  it.each(CURVATURE_BOUNDS)("and the loss keep finite where logits are large: %s", (bound) => {
    const { value, slope, curvature } = objectiveOf("cross-entropy", bound);
    for (const size of [50, 800, 1e300]) {
      for (const t of [0, 0.25, 1]) {
        expect(value(size, t)).toBeCloseTo(size * (1 - t), 12);
        expect(value(-size, t)).toBeCloseTo(size * t, 12);
        expect(slope(size, t)).toBeCloseTo(1 - t, 12);
        expect(slope(-size, t)).toBeCloseTo(-t, 12);
      }
      for (const z of [size, -size]) expect(curvature(z)).toBeGreaterThanOrEqual(0);
    }
    for (const bad of [value(Number.NaN, 0.5), slope(Number.NaN, 0.5)]) expect(bad).toBeNaN();
  });

  it("has σ without overflow", () => {
    expect([sigmoid(0), sigmoid(1e4), sigmoid(-1e4)]).toEqual([0.5, 1, 0]);
    expect(sigmoid(-2)).toBeCloseTo(1 / (1 + Math.exp(2)), 15);
  });
});
