import { DATASET_NAMES, type DatasetName } from "../data/catalogue.js";

/** What tells one run from another inside a result folder. */
export interface RunIdentity {
  dataset: DatasetName;
  label: string;
  learningRate: number;
  seed: number;
}

/** <dataset>-<label>-lr<rate>-seed<seed>; the rate is its shortest decimal. */
export function runName({ dataset, label, learningRate, seed }: RunIdentity): string {
  return `${dataset}-${label}-lr${learningRate}-seed${seed}`;
}

/** The reverse; null for a name of another form. */
export function parseRunName(name: string): RunIdentity | null {
  // The longest: one dataset's name may begin with another's.
  const [dataset] = DATASET_NAMES.filter((known) => name.startsWith(`${known}-`)).sort(
    (a, b) => b.length - a.length,
  );
  const match = /^(?<label>[a-z0-9-]+)-lr(?<rate>[0-9.e+-]+)-seed(?<seed>\d+)$/.exec(
    name.slice((dataset?.length ?? 0) + 1),
  );
  const { label, rate, seed } = match?.groups ?? {};
  if (!dataset || label === undefined || Number.isNaN(Number(rate))) return null;
  return { dataset, label, learningRate: Number(rate), seed: Number(seed) };
}
