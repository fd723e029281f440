import { expect } from "vitest";

/**
 * Every element of `actual` within `tolerance` × the largest magnitude of `expected`; a failure names the worst.
 * Also fails where `expected` is all 0 or either holds NaN.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  expect(scale, `${what}: nothing to compare`).toBeGreaterThan(0);
  let worst = 0;
  for (let i = 1; i < expected.length; i++) {
    if (!(Math.abs(actual[i] - expected[i]) <= Math.abs(actual[worst] - expected[worst]))) worst = i;
  }
  const error = Math.abs(actual[worst] - expected[worst]) / scale;
  expect(
    error,
    `${what}: element ${worst} is ${actual[worst]}, expected ${expected[worst]}`,
  ).toBeLessThanOrEqual(tolerance);
}

/** Bit for bit. */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      expect.fail(`${what}: element ${i} is ${actual[i]}, expected ${expected[i]}`);
    }
  }
}
