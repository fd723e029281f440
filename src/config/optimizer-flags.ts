// The optimizers that flags name, with the rates and settings that they give.

import { resolve } from "node:path";
import { isModulePath, moduleAt, shownName } from "../custom/options.js";
import { RpBenchError } from "../errors.js";
import type { LearningRate } from "../optimizers/options.js";
import { OPTIMIZER_NAMES, optimizersWith } from "../optimizers/registry.js";
import type { Raw } from "./files.js";
import { type Chosen, labelledApart } from "./optimizer-labels.js";
import { DEFAULT_OUTPUTS, parseOptimizers, withSettings } from "./optimizer-variants.js";

/** What the command line gave; keys as in the configuration, but for the optimizers. */
export interface RunFlags {
  config?: string;
  /** Of each --optimizer, which may name several and give settings. */
  optimizer?: string[];
  lr?: LearningRate[];
  /** Of each rate, how many --optimizer stand before it; all of them where nothing is said. */
  lrAfter?: number[];
  momentum?: number;
  nesterov?: boolean;
  curvature?: string;
  outputs?: number;
  curvatureDecay?: number;
  safeguard?: boolean;
  exponent?: number;
  warmupSteps?: number;
  /** Everything else, by its key in the configuration. */
  overrides: Record<string, unknown>;
}

/** The configuration's optimizers, or those that --optimizer names, with the rates and settings of the flags. */
export function selectOptimizers(flags: RunFlags, configured: unknown, tuned: Raw[] = []): unknown {
  const { optimizer: texts, lr, momentum, nesterov, safeguard, exponent, warmupSteps } = flags;
  const accelerated = { ...(momentum === undefined ? {} : { momentum }), ...(nesterov ? { nesterov } : {}) };
  const curvature = curvatureSettings(flags);
  const denominator = {
    ...(safeguard ? { safeguard } : {}),
    ...(exponent === undefined ? {} : { exponent }),
  };
  const warmup = warmupSteps === undefined ? {} : { warmupSteps };
  const settings = { ...accelerated, ...curvature, ...denominator, ...warmup };
  if (!texts && !lr && Object.keys(settings).length === 0) return configured;
  const known = Array.isArray(configured) ? (configured as Raw[]) : [];
  const named = (name: string): Raw =>
    known.find((entry) => entry.label === name) ??
    known.find((entry) => entry.name === name || (isModulePath(name) && entry.path === resolve(name))) ??
    tuned.find((entry) => entry.label === name) ??
    tuned.find((entry) => entry.name === name) ??
    (isModulePath(name) ? moduleAt(name, ".", "--optimizer") : { name });
  const groups = texts
    ? texts.map((text) =>
        parseOptimizers(text).map((choice) => ({ choice, entry: { ...named(choice.name) } })),
      )
    : [known.map((entry) => ({ choice: null, entry: { ...entry } }))];
  const entries = groups.flat().map(({ entry }) => entry);
  apply(accelerated, entries, "--momentum, --nesterov");
  apply(curvature, entries, "--curvature, --outputs, --curvature-decay");
  apply(denominator, entries, "--safeguard, --exponent");
  apply(warmup, entries, "--warmup-steps");
  const chosen = groups.map((group) =>
    group.map(({ choice, entry }): Chosen => {
      const changed = choice ? withSettings(entry, choice) : entry;
      return { plain: entry, entry: changed, settings: choice?.settings ?? {}, text: choice?.text ?? null };
    }),
  );
  const rated = withRates(chosen, lr ?? [], texts ? flags.lrAfter : undefined);
  for (const { entry } of rated) requireRate(entry);
  return labelledApart(rated);
}

/**
 * Every optimizer with each of its rates. Rates belong to what stands before them up to earlier rates: all of them to one
 * optimizer, one each to several, in their order. Rates before every optimizer count as behind all.
 */
function withRates(groups: Chosen[][], rates: LearningRate[], after: number[] = []): Chosen[] {
  const places = rates.map((_, index) => after[index] ?? groups.length);
  const leading = places.every((place) => place === 0);
  if (!leading && places.includes(0)) {
    throw invalid(
      `--lr: ${rates[0]} stands before the first --optimizer; write each rate after its optimizer`,
    );
  }
  const rated: Chosen[] = [];
  let from = 0;
  for (let index = 0; index < groups.length; index++) {
    const own = rates.filter((_, rate) => (leading ? groups.length : places[rate]) === index + 1);
    const last = index === groups.length - 1;
    if (own.length === 0 && !last) continue;
    rated.push(...each(groups.slice(from, index + 1).flat(), own));
    from = index + 1;
  }
  return rated;
}

function each(chosen: Chosen[], rates: LearningRate[]): Chosen[] {
  const [first, ...others] = chosen.filter(({ settings }) => settings.learningRate === undefined);
  if (rates.length === 0) return chosen;
  if (!first) throw invalid(`--lr: ${chosen[0].text} has a rate already, got ${rates.join(", ")}`);
  const takers = [first, ...others];
  if (takers.length > 1 && takers.length !== rates.length) {
    const behind = "or write the rates of each after it, --optimizer rp --lr 10 --lr 20 --optimizer adam";
    const got = `got ${rates.length} for ${takers.length}`;
    throw invalid(`--lr: give one rate for each --optimizer, in the same order, ${behind}; ${got}`);
  }
  const twice = rates.find((rate, index) => others.length === 0 && rates.indexOf(rate) !== index);
  if (twice !== undefined) {
    throw invalid(`--lr: ${twice} is given twice for ${nameOfEntry(first.entry)}; take one out`);
  }
  return chosen.flatMap((one) => {
    const place = takers.indexOf(one);
    if (place < 0) return [one];
    const own = others.length === 0 ? rates : [rates[place]];
    return own.map((learningRate) => ({ ...one, entry: { ...one.entry, learningRate } }));
  });
}

/** Only what comes with the program has tuned rates. */
function requireRate(entry: Raw): void {
  const known = entry.file !== undefined || (OPTIMIZER_NAMES as readonly unknown[]).includes(entry.name);
  if (!known || entry.learningRate !== undefined) return; // an unknown name is the schema's business
  throw invalid(`--lr: give a learning rate, ${nameOfEntry(entry)} has no tuned one`);
}

function nameOfEntry(entry: Raw): string {
  return shownName(entry as { name: string; file?: string });
}

/** Gives settings to the optimizers that take them. */
function apply(settings: Raw, entries: Raw[], flags: string): void {
  const keys = Object.keys(settings);
  if (keys.length === 0) return;
  const takers = optimizersWith(keys);
  const taking = entries.filter(({ name }) => (takers as unknown[]).includes(name));
  if (taking.length === 0) {
    const names = entries.map(nameOfEntry).join(", ");
    throw invalid(`${flags}: of no use to ${names}; choose ${takers.join(" or ")}`);
  }
  for (const entry of taking) Object.assign(entry, settings);
}

function curvatureSettings({ curvature, outputs, curvatureDecay }: RunFlags): Raw {
  if (curvature === "exact" && outputs !== undefined) {
    throw invalid(`--outputs: goes with --curvature sampled, got ${outputs} with exact`);
  }
  const sampled = curvature === "sampled" || outputs !== undefined;
  return {
    ...(sampled ? { curvature: { outputs: outputs ?? DEFAULT_OUTPUTS } } : curvature ? { curvature } : {}),
    ...(curvatureDecay === undefined ? {} : { curvatureDecay }),
  };
}

function invalid(message: string): RpBenchError {
  return new RpBenchError("CONFIG_INVALID", message);
}
