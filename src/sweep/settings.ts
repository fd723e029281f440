// The search for one optimizer's rate and its searched settings on one problem: a search of the rate for each choice of
// the settings, one after the other, within one budget of trials. See docs/protocol.md.

import type { Variant } from "../config/study-search.js";
import { type Outcome, type Search, searchRate, type TriedRate } from "./selection.js";

export interface SettingsOptions {
  variants: readonly Variant[];
  /** The first rates of every variant. */
  grid: readonly number[];
  seeds: readonly number[];
  /** Rates tried for one variant. */
  mostRates: number;
  /** Rates × variants × seeds; the grid is tried in any case. */
  mostTrials: number;
}

export interface VariantSearch extends Search {
  variant: Variant;
}

export interface SettingsSearch {
  /** Those that have begun, in order. */
  searches: VariantSearch[];
  over: boolean;
  /** null while it goes on, and where nothing held for every seed. */
  chosen: { variant: Variant; rate: number; one: TriedRate; atEdge: boolean } | null;
  /** Rates × variants × seeds that it took, or has asked for so far. */
  trials: number;
}

/**
 * What a variant does not use of its share is left to those after it. The best is the one with the least mean
 * validation loss, of equal ones the earlier.
 */
export function searchSettings(
  { variants, grid, seeds, mostRates, mostTrials }: SettingsOptions,
  outcomeOf: (variant: Variant, rate: number, seed: number) => Outcome | undefined,
): SettingsSearch {
  const searches: VariantSearch[] = [];
  let left = Math.floor(mostTrials / seeds.length);
  const sofar = (over: boolean): SettingsSearch => ({
    ...{ searches, over, chosen: over ? best(searches) : null },
    trials: seeds.length * searches.reduce((sum, { tried }) => sum + tried.length, 0),
  });
  for (const [index, variant] of variants.entries()) {
    const share = Math.floor(left / (variants.length - index));
    const options = { grid, seeds, mostRates: Math.min(mostRates, share) };
    const search = searchRate(options, (rate, seed) => outcomeOf(variant, rate, seed));
    searches.push({ ...search, variant });
    if (search.pending.length > 0) return sofar(false);
    left -= search.tried.length;
  }
  return sofar(true);
}

function best(searches: readonly VariantSearch[]): SettingsSearch["chosen"] {
  let least: SettingsSearch["chosen"] = null;
  for (const { variant, chosen, atEdge } of searches) {
    if (chosen?.meanLoss == null) continue;
    if (least?.one.meanLoss == null || chosen.meanLoss < least.one.meanLoss) {
      least = { variant, rate: chosen.rate, one: chosen, atEdge };
    }
  }
  return least;
}
