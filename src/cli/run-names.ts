import { displayName, type Named } from "../optimizers/display-name.js";
import type { SummaryRow } from "../results/summary.js";

export function namedOf({ label, optimizer, settings }: SummaryRow): Named {
  return { label: String(label), optimizer: String(optimizer), settings: String(settings ?? "") };
}

/** What people call the optimizers of a run, by label: where several have one name, each with its rate. */
export function namesOf(rows: readonly SummaryRow[]): (label: string) => string {
  const first = new Map(rows.toReversed().map((row) => [String(row.label), row]));
  const names = [...first.values()].map((row) => displayName(namedOf(row)));
  return (label) => {
    const row = first.get(label);
    if (!row) return label;
    const name = displayName(namedOf(row));
    return names.filter((one) => one === name).length > 1 ? `${name} at rate ${row.learning_rate}` : name;
  };
}
