import { expect, it } from "vitest";
import { curvatureIntervalOf, stepTime } from "../../src/training/step-time.js";

it("is the median, or of an interval its mean from the medians of both kinds of steps", () => {
  expect(stepTime([9, 2, 1, 3, 2], 1)).toBe(2);
  expect(stepTime([9, 2, 1, 3, 2], 1, 1)).toBe(2);
  // Steps 1 and 4 compute curvature: median 15; the others 2, one of them disturbed. (15 + 2 · 2) / 3
  expect(stepTime([10, 2, 2, 20, 2, 100], 3)).toBeCloseTo(19 / 3, 12);
  // The first two warm up; step 4 alone computes curvature then.
  expect(stepTime([50, 9, 2, 20, 2, 2], 3, 2)).toBeCloseTo(24 / 3, 12);
  // None does after the warm-up: its own is better than none.
  expect(stepTime([50, 9, 2, 2], 10, 2)).toBeCloseTo((50 + 9 * 2) / 10, 12);
  expect(stepTime([7], 10)).toBe(7);
  expect(stepTime([], 1)).toBeNull();
  expect(stepTime([], 10)).toBeNull();
});

it("takes the interval from an optimizer's settings", () => {
  expect(curvatureIntervalOf({ name: "sophia", curvatureInterval: 10 })).toBe(10);
  expect(curvatureIntervalOf({ name: "adam" })).toBe(1);
});
