// What a folder's runs were made with, as far as it changes their numbers, so that a comparison of two can say it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Group } from "../figures/groups.js";
import { checksumsOf, flatten, readManifest } from "../results/manifest.js";

/** Of one folder and dataset, by what a reader calls it; the most telling first. */
export type Making = Map<string, string>;

/** Where these differ, so do the networks or the batches, and equal seeds make no pairs. */
const PAIRING: readonly string[] = ["data", "layers", "trainLimit", "batchSize", "activation"];

/** Of a folder's groups of runs on one dataset; null where there is no manifest. @throws RpBenchError DATA_CORRUPT */
export function makingOf(folder: string, groups: readonly Group[]): Making | null {
  const path = join(folder, "manifest.json");
  const name = groups[0]?.runs[0]?.dataset;
  if (!existsSync(path) || name === undefined) return null;
  const { config, datasets, engine } = readManifest(path);
  // A study has layers by dataset, a run its own.
  const studied = Array.isArray(config.datasets) ? config.datasets : [];
  const { layerSizes } = studied.find((one) => one.name === name) ?? config;
  const setting = (key: string): [string, string] => [key, String(config[key] ?? "not set")];
  const optimizers = Array.isArray(config.optimizers) ? config.optimizers : [];
  return new Map([
    ["data", JSON.stringify(checksumsOf(datasets)[name])],
    ["layers", String(layerSizes)],
    ...["trainLimit", "epochs"].map(setting),
    ...groups.map(({ label, learningRate }): [string, string] => [`rate of ${label}`, String(learningRate)]),
    ...["batchSize", "activation", "evalEvery"].map(setting),
    ["engine", `${engine.name} (${engine.instructionSet})`],
    ...optimizers
      .filter(({ label }) => groups.some((group) => group.label === label))
      .flatMap(({ label, learningRate: _rate, learningRates: _rates, ...settings }) =>
        [...flatten(settings)].map(([key, value]): [string, string] => [`${key} of ${label}`, value]),
      ),
  ]);
}

/** As far as it is known. */
export function canBePaired(a: Making | null, b: Making | null): boolean {
  return !a || !b || PAIRING.every((key) => a.get(key) === b.get(key));
}

/** In words. */
export function differencesOf(a: Making | null, b: Making | null): string[] {
  if (!a || !b) return [];
  const keys = [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key));
  return keys.map((key) => {
    if (key === "data") return "the data files differ";
    if (key.startsWith("sha256 of ")) return `the file of ${key.slice("sha256 of ".length)} differs`;
    const verb = key === "layers" ? "are" : "is";
    return `${key} ${verb} ${a.get(key) ?? "absent"} in A, ${b.get(key) ?? "absent"} in B`;
  });
}
