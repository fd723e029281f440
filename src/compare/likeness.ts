// What a folder's runs were made with, as far as it changes their numbers, so that a comparison of two can say it.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Group, nameOfKind } from "../figures/groups.js";
import { checksumsOf, flatten, readManifest } from "../results/manifest.js";

/** Of one folder and problem, by what a reader calls it; the most telling first. */
export type Making = Map<string, string>;

/** Where these differ, so do the networks or the batches, and equal seeds make no pairs. */
const PAIRING: readonly string[] = ["data", "layers", "trainLimit", "batchSize", "loss", "activation"];

/** Of a folder's groups of runs on one problem; null where there is no manifest. @throws RpBenchError DATA_CORRUPT */
export function makingOf(folder: string, groups: readonly Group[]): Making | null {
  const path = join(folder, "manifest.json");
  const [run] = groups.flatMap(({ runs }) => runs);
  if (!existsSync(path) || run === undefined) return null;
  const { config, datasets, engine } = readManifest(path);
  // A study has settings by problem, of format 1 named as its dataset; a run has its own.
  const studied = Array.isArray(config.datasets) ? config.datasets : [];
  const problem = studied.find((one) => (one.problem ?? one.name) === run.problem);
  const settings = { ...config, ...problem, loss: run.loss };
  const setting = (key: string): [string, string] => [key, String(settings[key] ?? "not set")];
  const optimizers = Array.isArray(config.optimizers) ? config.optimizers : [];
  // Without settings, which may be what differs.
  const nameOf = (label: string) => {
    const group = groups.find((one) => one.label === label);
    return group ? nameOfKind(group) : label;
  };
  return new Map([
    ["data", JSON.stringify(checksumsOf(datasets)[run.dataset])],
    ["layers", String(settings.layerSizes)],
    ...["trainLimit", "epochs"].map(setting),
    ...groups.map(({ label, learningRate }): [string, string] => [
      `rate of ${nameOf(label)}`,
      String(learningRate),
    ]),
    ...["batchSize", "loss", "curvatureBound", "activation", "evalEvery"].map(setting),
    ["engine", `${engine.name} (${engine.instructionSet})`],
    ...optimizers
      .filter(({ label }) => groups.some((group) => group.label === label))
      .flatMap(({ label, learningRate: _rate, learningRates: _rates, search: _search, ...own }) =>
        [...flatten(own)].map(([key, value]): [string, string] => [`${key} of ${nameOf(label)}`, value]),
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
