import { DATASET_NAMES, type DatasetName } from "../data/catalogue.js";

/** A learning rate, or that each step computed its own. */
export type Rate = number | "auto";

/** What tells one run from another inside a result folder. */
export interface RunIdentity {
  /** Names a dataset and what is done with it; of `run` the dataset's name. */
  problem: string;
  label: string;
  /** Settings of the optimizer that a study chose by search, as momentum-0.9; empty where it searched none. */
  variant: string;
  learningRate: Rate;
  seed: number;
}

/** <problem>-<label>[-<variant>]-lr<rate>-seed<seed>; the rate is its shortest decimal, or auto. */
export function runName({ problem, label, variant, learningRate, seed }: RunIdentity): string {
  return `${problem}-${label}${variant && `-${variant}`}-lr${learningRate}-seed${seed}`;
}

/** The reverse, of a run of `run`; null for a name of another form. */
export function parseRunName(name: string): (RunIdentity & { problem: DatasetName }) | null {
  // The longest: one dataset's name may begin with another's.
  const [dataset] = DATASET_NAMES.filter((known) => name.startsWith(`${known}-`)).sort(
    (a, b) => b.length - a.length,
  );
  const match = /^(?<label>[a-z0-9.-]+)-lr(?<rate>[0-9.e+-]+|auto)-seed(?<seed>\d+)$/.exec(
    name.slice((dataset?.length ?? 0) + 1),
  );
  const { label, rate, seed } = match?.groups ?? {};
  const learningRate = rateOf(rate ?? "");
  if (!dataset || label === undefined || Number.isNaN(learningRate)) return null;
  return { problem: dataset, label, variant: "", learningRate, seed: Number(seed) };
}

/** As file names and tables have it; NaN for what is no rate. */
export function rateOf(text: string): Rate {
  return text === "auto" ? text : Number(text);
}

/** Of rates: from low to high, "auto" last. */
export function compareRates(a: Rate, b: Rate): number {
  if (a === b) return 0;
  if (a === "auto") return 1;
  return b === "auto" ? -1 : a - b;
}
