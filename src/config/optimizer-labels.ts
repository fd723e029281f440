// Labels that tell apart what flags ask for: rp and rp-momentum-0.9, adam-lr0.001 and adam-lr0.002. The label of a variant
// does not depend on what stands beside it, so that two folders can be compared.

import { RpBenchError } from "../errors.js";
import type { Raw } from "./files.js";
import { type OptimizerChoice, settingsLabel } from "./optimizer-variants.js";
import { entrySchema, MOST_LABEL_CHARACTERS } from "./schema.js";

/** An optimizer that was chosen, at one rate. */
export interface Chosen {
  /** Without the settings of its own. */
  plain: Raw;
  entry: Raw;
  settings: OptimizerChoice["settings"];
  /** As --optimizer has it; null of one that the configuration names. */
  text: string | null;
}

/** The entries of a configuration. @throws RpBenchError CONFIG_INVALID where two are the same in all things */
export function labelledApart(chosen: readonly Chosen[]): Raw[] {
  const labels = chosen.map(labelOf);
  return chosen.map(({ entry, text }, index) => {
    const label = labels[index];
    const same = labels.flatMap((one, other) => (one !== null && one === label ? [other] : []));
    if (label === null) return entry; // the schema will complain of it
    if (same.length === 1) return { ...entry, label };
    const alike = same.some(
      (other) => other !== index && chosen[other].entry.learningRate === entry.learningRate,
    );
    if (alike && text !== null) {
      const message = `--optimizer: "${label}" is there twice with the rate ${entry.learningRate}; take one out, or tell them apart, as in ${text}${text.includes(":") ? "," : ":"}label=other`;
      throw new RpBenchError("CONFIG_INVALID", message);
    }
    return { ...entry, label: joined(label, `lr${entry.learningRate}`) };
  });
}

/** Before its rate is told; null of an entry that is not valid. */
function labelOf({ plain, entry, settings }: Chosen): string | null {
  const whole = entrySchema.safeParse(entry);
  if (!whole.success) return null;
  const own = settingsLabel(settings);
  if (settings.label !== undefined || own === "") return whole.data.label;
  const before = entrySchema.safeParse({ learningRate: 1, ...plain });
  const base = before.success ? before.data.label : whole.data.label;
  const long = `${base}-${own}`;
  return long.length <= MOST_LABEL_CHARACTERS ? long : joined(base, settingsLabel(settings, true));
}

/** Some of the label before it stays. */
const MOST_TAIL_CHARACTERS = 30;

/** Cut where it is too long, and of the characters of labels. */
function joined(base: string, end: string): string {
  const tail = `-${end}`.replace(/[^a-z0-9.-]/g, "").slice(0, MOST_TAIL_CHARACTERS);
  return base.slice(0, MOST_LABEL_CHARACTERS - tail.length) + tail;
}
