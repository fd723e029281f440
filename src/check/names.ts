// What people call the optimizers of a check. Baselines, JUnit XML and JSON keep their labels.

import type { CheckConfig } from "../config/check-schema.js";
import { nameOfEntry } from "../config/entry-names.js";

/** "RP, 32 outputs" of rp-sampled32, "relu: RP" of relu/rp; what is no label of the configuration's is told as it is. */
export function namesOfCheck({ losses, ends, networks }: CheckConfig): (label: string) => string {
  const names = new Map([
    ...[...(ends?.optimizers ?? []), ...losses.optimizers].map((entry): [string, string] => [
      entry.label,
      nameOfEntry(entry),
    ]),
    ...networks.flatMap(({ name, optimizers }) =>
      optimizers.map((entry): [string, string] => [
        `${name}/${entry.label}`,
        `${name}: ${nameOfEntry(entry)}`,
      ]),
    ),
  ]);
  return (label) => names.get(label) ?? label;
}
