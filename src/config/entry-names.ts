// What people call a configuration's optimizers.

import { settingWords, shownName } from "../custom/options.js";
import { displayName } from "../optimizers/display-name.js";
import { settingsText } from "../optimizers/registry.js";
import type { OptimizerEntry } from "./schema.js";

/** What of an optimizer is not as by default, in words. */
export function settingsOf({ label: _, ...optimizer }: OptimizerEntry): string {
  return optimizer.name === "module" ? settingWords(optimizer.settings) : settingsText(optimizer);
}

export function nameOfEntry(entry: OptimizerEntry): string {
  return displayName({ label: entry.label, optimizer: shownName(entry), settings: settingsOf(entry) });
}
