// Every form of the add-on's updates, also those that no optimizer of src/optimizers takes, against their rules in float64:
// Adam's relatives (without a first moment, of another signal, with the largest second moment, with weight decay, with
// momentum of the quotient) and Sophia.

import { expect, it } from "vitest";
import { loadAddon } from "../../src/kernels/addon.js";
import { expectClose } from "../support/compare.js";
import { randomValues } from "../support/random.js";

const { addon } = loadAddon();
const sizes = [30, 13, 30];
const count = 823;
const STEPS = 3;
const [rate, decay, beta1, beta2, epsilon] = [0.05, 0.3, 0.9, 0.99, 1e-2];
const single = (values: Float64Array) => Float32Array.from(values);
const zeros = () => new Float32Array(count);
/** Of step t: signs that change and sizes from 0.001 to 1. */
const gradientOf = (t: number) => single(randomValues(count, 10 + t).map((value) => value ** 3));
const signalOf = (t: number) => single(randomValues(count, 20 + t).map((value) => value / t));
const initial = () => single(randomValues(count, 1));

function withNetwork(use: (network: ReturnType<typeof addon.createNetwork>) => void): void {
  const network = addon.createNetwork(Int32Array.from(sizes), 0, 0, 1, 3, "");
  use(network);
  addon.disposeNetwork(network);
}

for (const [first, signal, largest] of [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [
  bits & 1,
  bits & 2,
  bits & 4,
])) {
  for (const corrected of [true, false]) {
    const form = [
      first && "first moment",
      signal && "signal",
      largest && "largest",
      corrected && "corrected",
    ];
    it(`Adam's rule with ${form.filter(Boolean).join(", ") || "nothing more"}`, () => {
      const squares = 0.25; // the factor of the squares need not be 1 - beta2
      const w = initial();
      const state = { m: first ? zeros() : null, v: zeros(), most: largest ? zeros() : null };
      const expected = Float64Array.from(w);
      const [m, v, most] = [1, 2, 3].map(() => new Float64Array(count));
      withNetwork((network) => {
        for (let t = 1; t <= STEPS; t++) {
          const [g, s] = [gradientOf(t), signal ? signalOf(t) : null];
          const finite = addon.adam(
            ...([network, w, g, s, state.m, state.v, state.most, null, rate, decay] as const),
            ...([beta1, beta2, squares, epsilon, corrected ? t : 0, 0] as const),
          );
          expect(finite).toBe(true);
          for (let i = 0; i < count; i++) {
            m[i] = beta1 * m[i] + (1 - beta1) * g[i];
            v[i] = beta2 * v[i] + squares * (s ?? g)[i] ** 2;
            most[i] = Math.max(most[i], v[i]);
            const [correction1, correction2] = corrected ? [1 - beta1 ** t, 1 - beta2 ** t] : [1, 1];
            const root = Math.sqrt((largest ? most[i] : v[i]) / correction2);
            expected[i] -= rate * decay * expected[i];
            expected[i] -= (rate * (first ? m[i] : g[i])) / correction1 / (root + epsilon);
          }
        }
      });
      expectClose(w, expected, 2e-6, "parameters");
    });
  }
}

it.each([false, true])("momentum of the quotient, of another signal: %s", (other) => {
  const mu = 0.6;
  const [w, v, b] = [initial(), zeros(), zeros()];
  const expected = Float64Array.from(w);
  const [square, velocity] = [new Float64Array(count), new Float64Array(count)];
  withNetwork((network) => {
    for (let t = 1; t <= STEPS; t++) {
      const [g, s] = [gradientOf(t), other ? signalOf(t) : null];
      const constants = [rate, decay, beta1, beta2, 1 - beta2, epsilon, 0, mu] as const;
      expect(addon.adam(network, w, g, s, null, v, null, b, ...constants)).toBe(true);
      for (let i = 0; i < count; i++) {
        square[i] = beta2 * square[i] + (1 - beta2) * (s ?? g)[i] ** 2;
        velocity[i] = mu * velocity[i] + g[i] / (Math.sqrt(square[i]) + epsilon);
        expected[i] -= rate * decay * expected[i];
        expected[i] -= rate * velocity[i];
      }
    }
    // Forms that are not there.
    for (const [first, largest] of [[zeros(), null] as const, [null, zeros()] as const]) {
      const constants = [rate, 0, beta1, beta2, 1 - beta2, epsilon, 0, mu] as const;
      const call = () =>
        addon.adam(network, w, gradientOf(1), null, first, v, largest, zeros(), ...constants);
      expect(call).toThrow("velocity: goes with neither a first nor a largest moment");
    }
  });
  expectClose(w, expected, 2e-6, "parameters");
});

it("Sophia's rule, with the curvature renewed at some steps", () => {
  const gamma = 0.5;
  const [w, m, h] = [initial(), zeros(), zeros()];
  const expected = Float64Array.from(w);
  const [mean, average] = [new Float64Array(count), new Float64Array(count)];
  /** How often it clips, takes the least denominator, and neither. */
  const met = { clipped: 0, least: 0, neither: 0 };
  withNetwork((network) => {
    for (let t = 1; t <= STEPS; t++) {
      const g = gradientOf(t);
      const now = t === 2 ? null : single(randomValues(count, 30 + t, 0, 1).map((value) => 20 * value ** 4));
      expect(addon.sophia(network, w, g, now, m, h, rate, decay, beta1, beta2, gamma, epsilon)).toBe(true);
      for (let i = 0; i < count; i++) {
        if (now) average[i] = beta2 * average[i] + (1 - beta2) * now[i];
        mean[i] = beta1 * mean[i] + (1 - beta1) * g[i];
        const ratio = mean[i] / Math.max(gamma * average[i], epsilon);
        if (gamma * average[i] < epsilon) met.least++;
        met[Math.abs(ratio) > 1 ? "clipped" : "neither"]++;
        expected[i] -= rate * decay * expected[i];
        expected[i] -= rate * Math.max(-1, Math.min(1, ratio));
      }
    }
  });
  for (const [name, times] of Object.entries(met)) expect(times, name).toBeGreaterThan(100);
  expectClose(w, expected, 2e-6, "parameters");
});

it("finds what is not finite in all of them", () => {
  withNetwork((network) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const index of [0, 500, count - 1]) {
        const parameters = () => initial().fill(bad, index, index + 1);
        const [g, h] = [gradientOf(1), zeros().fill(1)];
        for (const largest of [null, zeros()]) {
          const constants = [rate, 0, beta1, beta2, 1 - beta2, epsilon, 1, 0] as const;
          expect(addon.adam(network, parameters(), g, null, null, zeros(), largest, null, ...constants)).toBe(
            false,
          );
        }
        const constants = [rate, 0, beta1, beta2, 1, epsilon] as const;
        expect(addon.sophia(network, parameters(), g, h, zeros(), zeros(), ...constants)).toBe(false);
        expect(addon.moveAlong(network, parameters(), g, zeros(), 0.1, 0.5)).toBe(false);
      }
    }
  });
});
