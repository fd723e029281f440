// The search for a learning rate over synthetic losses.

import { describe, expect, it } from "vitest";
import { type Outcome, type SearchOptions, searchRate, verdictOf } from "../../src/sweep/selection.js";

const done = (loss: number): Outcome => ({ status: "done", step: 100, bestValidationLoss: loss });
const diverged: Outcome = { status: "diverged", step: 7, bestValidationLoss: 0.9 };
const failed: Outcome = { status: "failed", step: 0, bestValidationLoss: null };

/** Runs a search to its end; the losses are a function of rate and seed. */
function search(options: Partial<SearchOptions>, outcomeOf: (rate: number, seed: number) => Outcome) {
  const whole = { grid: [1, 3.16, 10], seeds: [0, 1], mostRates: 12, ...options };
  const made = new Map<string, Outcome>();
  const rounds: number[][] = [];
  for (;;) {
    const found = searchRate(whole, (rate, seed) => made.get(`${rate} ${seed}`));
    if (found.pending.length === 0) return { ...found, rounds };
    rounds.push([...new Set(found.pending.map(({ rate }) => rate))]);
    for (const { rate, seed } of found.pending) made.set(`${rate} ${seed}`, outcomeOf(rate, seed));
  }
}
/** A parabola over log10(rate) with its least loss at `best`. */
const valley = (best: number) => (rate: number) => done(0.01 + (Math.log10(rate) - Math.log10(best)) ** 2);
const rates = ({ tried }: ReturnType<typeof searchRate>) => tried.map(({ rate }) => rate);

describe("searchRate", () => {
  it("refines around an interior optimum by 10^¼", () => {
    const found = search({}, valley(3));
    expect(found.rounds).toEqual([
      [1, 3.16, 10],
      [1.78, 5.62],
    ]);
    expect(found.chosen?.rate).toBe(3.16);
    expect(found.atEdge).toBe(false);
    expect(search({}, valley(1.7)).chosen?.rate).toBe(1.78);
  });

  it.each([
    ["above", 400, [31.6, 100, 316, 1000, 178, 562]],
    ["below", 0.02, [0.316, 0.1, 0.0316, 0.01, 0.0178, 0.00562]],
  ])("extends by √10 to an optimum %s the grid", (_, best, more) => {
    const found = search({}, valley(best));
    const extended = found.rounds.slice(1).flat();
    expect([...extended].sort()).toEqual(expect.arrayContaining(more.slice(0, 4).sort()));
    const index = rates(found).indexOf(found.chosen?.rate ?? 0);
    expect(index).toBeGreaterThan(0);
    expect(index).toBeLessThan(found.tried.length - 1);
    expect(Math.abs(Math.log10((found.chosen?.rate ?? 0) / best))).toBeLessThanOrEqual(0.126);
    expect(found.atEdge).toBe(false);
  });

  it("is bounded by divergence: a rate whose neighbour diverges is no edge", () => {
    const found = search({}, (rate) => (rate > 11 ? diverged : valley(1000)(rate)));
    expect(rates(found)).toEqual([1, 3.16, 5.62, 10, 17.8, 31.6]);
    expect(found.chosen?.rate).toBe(10);
    expect(found.atEdge).toBe(false);
  });

  it("goes down where every rate diverges, until one holds", () => {
    const found = search({}, (rate) => (rate > 0.05 ? diverged : valley(1000)(rate)));
    expect(found.chosen?.rate).toBe(0.0316);
    expect(rates(found)).toContain(0.0178);
  });

  it("chooses none where every rate diverges, within the limit", () => {
    const found = search({ mostRates: 7 }, () => diverged);
    expect(found.chosen).toBeNull();
    expect(found.tried).toHaveLength(7);
    expect(found.atEdge).toBe(false);
  });

  it("does not extend where runs fail for another reason than their rate", () => {
    const found = search({}, () => failed);
    expect(found.chosen).toBeNull();
    expect(rates(found)).toEqual([1, 3.16, 10]);
  });

  it("says so where the limit of rates leaves the best at the edge", () => {
    const found = search({ mostRates: 5 }, valley(1e9));
    expect(rates(found)).toEqual([1, 3.16, 10, 31.6, 100]);
    expect(found.chosen?.rate).toBe(100);
    expect(found.atEdge).toBe(true);
    expect(verdictOf(found.tried[4], found)).toMatch(/highest rate tried and the search is at its limit/);
    const short = search({ mostRates: 4 }, valley(3));
    expect([short.atEdge, short.unrefined]).toEqual([false, true]);
    expect(verdictOf(short.chosen ?? short.tried[0], short)).toMatch(
      /the limit of rates came before its refinement/,
    );
    const low = search({ mostRates: 4 }, valley(1e-9));
    expect(low.atEdge).toBe(true);
    expect(verdictOf(low.tried[0], low)).toMatch(/lowest rate tried/);
  });

  it("tries a grid beyond the limit whole, and nothing more", () => {
    const found = search({ grid: [1, 2, 3, 4, 5], mostRates: 3 }, valley(1));
    expect(rates(found)).toEqual([1, 2, 3, 4, 5]);
    expect(found.atEdge).toBe(true);
  });

  it("takes the lower of two rates that are equally good", () => {
    const found = search({}, (rate) => done(rate === 3.16 || rate === 10 ? 0.01 : 0.02));
    expect(found.chosen?.rate).toBe(3.16);
  });

  it("goes by the mean over seeds, not by a lucky one", () => {
    // At 10 one seed is far better and the other far worse.
    const found = search({}, (rate, seed) =>
      rate === 10 ? done(seed === 0 ? 0.001 : 0.5) : valley(1)(rate),
    );
    expect(found.chosen?.rate).toBe(1);
  });

  it("rejects a rate at which one seed diverges, however good the others are, and says which", () => {
    const found = search({}, (rate, seed) => {
      if (rate === 3.16) return seed === 1 ? diverged : done(0.0001);
      return valley(1)(rate);
    });
    expect(found.chosen?.rate).not.toBe(3.16);
    const rejected = found.tried.find(({ rate }) => rate === 3.16);
    if (!rejected) throw new Error("3.16 was not tried");
    expect(rejected.meanLoss).toBeNull();
    expect(verdictOf(rejected, found)).toBe("seed 1 diverged at step 7");
  });

  it("finds a best rate of one, in a grid of one", () => {
    const found = search({ grid: [2] }, valley(2));
    expect(found.rounds[1]).toEqual([0.631, 6.31]);
    expect(found.chosen?.rate).toBe(2);
  });

  it("refines wide grids until both neighbours are within 10^¼, and leaves fine ones alone", () => {
    const wide = search({ grid: [1, 100, 10000] }, valley(30));
    const index = rates(wide).indexOf(wide.chosen?.rate ?? 0);
    const [below, at, above] = rates(wide).slice(index - 1, index + 2);
    expect(at / below).toBeLessThan(1.9);
    expect(above / at).toBeLessThan(1.9);
    expect(search({ grid: [1, 1.2, 1.4] }, valley(1.2)).rounds).toHaveLength(1);
  });

  it("asks for nothing more while runs of the present rates are missing", () => {
    const outcomes = new Map([["1 0", done(0.1)]]);
    const found = searchRate({ grid: [1, 10], seeds: [0, 1], mostRates: 12 }, (rate, seed) =>
      outcomes.get(`${rate} ${seed}`),
    );
    expect(found.pending).toEqual([
      { rate: 1, seed: 1 },
      { rate: 10, seed: 0 },
      { rate: 10, seed: 1 },
    ]);
    expect(found.chosen).toBeNull();
    expect(verdictOf(found.tried[0], found)).toBe("not finished");
  });

  it("stays within float32's range", () => {
    const found = search({ grid: [1e37], mostRates: 50 }, valley(1e60));
    for (const rate of rates(found)) expect(rate).toBeLessThan(3.4e38);
    expect(found.chosen).not.toBeNull();
    expect(found.atEdge).toBe(true);
  });

  it("says so where a rate beside the chosen one failed for another reason than divergence", () => {
    const found = search({}, (rate) => (rate === 10 ? failed : valley(4)(rate)));
    expect(found.chosen?.rate).toBe(3.16);
    expect(verdictOf(found.chosen ?? found.tried[0], found)).toMatch(
      /; of 10 a run failed, and the same command/,
    );
  });
});
