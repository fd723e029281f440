import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Gate } from "../../site/training/gate.js";

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

it("stops the clock for what is waited, not for a step that ends after the gate was closed", async () => {
  const gate = new Gate();
  /** A step of 30 ms; `during` happens after 10. */
  const step = async (during: () => void = () => {}) => {
    const start = gate.clock();
    await gate.passed();
    vi.advanceTimersByTime(10);
    during();
    vi.advanceTimersByTime(20);
    return gate.clock() - start;
  };
  expect(await step()).toBe(30);
  expect(await step(() => gate.close())).toBe(30);
  vi.advanceTimersByTime(500); // an evaluation, which waits for nothing
  const next = step();
  vi.advanceTimersByTime(1000);
  gate.release();
  expect(await next).toBe(30);
  const unnoticed = step(() => {
    gate.close();
    vi.advanceTimersByTime(7);
    gate.release();
  });
  expect(await unnoticed).toBe(37);
});
