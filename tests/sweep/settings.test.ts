// The search for rates and settings within one budget, over synthetic losses.

import { describe, expect, it } from "vitest";
import { variantsOf } from "../../src/config/study-search.js";
import type { Outcome } from "../../src/sweep/selection.js";
import { type SettingsOptions, searchSettings } from "../../src/sweep/settings.js";

const variants = variantsOf({ search: [{ momentum: 0 }, { momentum: 0.9 }, { momentum: 0.95 }] });
const done = (loss: number): Outcome => ({ status: "done", step: 100, bestValidationLoss: loss });
const diverged: Outcome = { status: "diverged", step: 7, bestValidationLoss: null };

/** Runs a search to its end; also how many trials each setting took. */
function search(
  options: Partial<SettingsOptions>,
  outcomeOf: (momentum: number, rate: number, seed: number) => Outcome,
) {
  const whole = { variants, grid: [1, 3.16, 10], seeds: [0, 1], mostRates: 12, mostTrials: 48, ...options };
  const made = new Map<string, Outcome>();
  for (;;) {
    const found = searchSettings(whole, (variant, rate, seed) => made.get(`${variant.name} ${rate} ${seed}`));
    if (found.over) return { ...found, took: found.searches.map(({ tried }) => tried.length) };
    for (const { variant, pending } of found.searches) {
      for (const { rate, seed } of pending) {
        made.set(`${variant.name} ${rate} ${seed}`, outcomeOf(Number(variant.settings.momentum), rate, seed));
      }
    }
  }
}
/** A parabola over log10(rate), `floor` at its least. */
const valley = (rate: number, best: number, floor: number) =>
  done(floor + (Math.log10(rate) - Math.log10(best)) ** 2);

describe("searchSettings", () => {
  it("searches the rate of every setting, and chooses the best of the best", () => {
    const found = search({}, (momentum, rate) =>
      momentum === 0.9 ? valley(rate, 30, 0.01) : valley(rate, 3, 0.02),
    );
    expect(found.chosen).toMatchObject({ rate: 31.6, variant: { name: "momentum-0.9" }, atEdge: false });
    expect(found.searches.map(({ chosen }) => chosen?.rate)).toEqual([3.16, 31.6, 3.16]);
    // Where the grid holds the optimum it takes 5 rates, and further off more.
    expect(found.took[0]).toBe(5);
    expect(found.took[1]).toBeGreaterThan(5);
    expect(found.trials).toBe(2 * found.took.reduce((sum, count) => sum + count, 0));
  });

  it("begins the next setting when the one before is over", () => {
    const options = { variants, grid: [1], seeds: [0, 1], mostRates: 12, mostTrials: 48 };
    const found = searchSettings(options, () => undefined);
    expect(found.searches.map(({ variant }) => variant.name)).toEqual(["momentum-0"]);
    expect(found).toMatchObject({ over: false, chosen: null, trials: 2 });
  });

  it("never takes more trials than the budget, in equal shares, of which the unused is left to others", () => {
    const far = (_: number, rate: number) => valley(rate, 1e9, 0.01);
    for (const mostTrials of [18, 24, 30, 31]) {
      const { trials, took } = search({ mostTrials }, far);
      expect(trials).toBeLessThanOrEqual(mostTrials);
      expect(Math.max(...took) - Math.min(...took)).toBeLessThanOrEqual(1);
    }
    // The first finds its optimum with 5 rates of its 8; the others share what is left of 24.
    const left = search({}, (momentum, rate) => valley(rate, momentum === 0 ? 3.16 : 1e9, 0.01));
    expect(left.took).toEqual([5, 9, 10]);
    expect(left.trials).toBe(48);
    expect(search({ mostRates: 6 }, far).took).toEqual([6, 6, 6]);
  });

  it("takes the setting that is listed earlier of two that are equally good", () => {
    const found = search({}, (_, rate) => valley(rate, 3.16, 0.01));
    expect(found.chosen?.variant.name).toBe("momentum-0");
  });

  it("rejects a setting whose every rate loses a seed, however good the other is", () => {
    const found = search({}, (momentum, rate, seed) => {
      if (momentum === 0.95) return seed === 0 ? diverged : done(1e-6);
      return valley(rate, 3.16, momentum);
    });
    expect(found.chosen?.variant.settings).toEqual({ momentum: 0 });
    expect(search({}, () => diverged).chosen).toBeNull();
  });

  it("says of the chosen rate whether the budget ended its search at the edge", () => {
    const found = search({ mostTrials: 18 }, (_, rate) => valley(rate, 1e9, 0.01));
    expect(found.chosen).toMatchObject({ rate: 10, atEdge: true });
  });
});
