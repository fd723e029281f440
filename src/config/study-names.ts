import { shownName } from "../custom/options.js";
import { displayName } from "../optimizers/display-name.js";
import { settingsOf } from "./entry-names.js";
import { optimizerAt } from "./study-resolve.js";
import type { StudyEntry } from "./study-schema.js";
import { variantsOf } from "./study-search.js";

/** What people call an optimizer of a study, the same whatever its search chooses. */
export function nameOfStudyEntry(entry: StudyEntry): string {
  const [first] = variantsOf(entry);
  const { label } = entry;
  return displayName({
    ...{ label, optimizer: shownName(entry), variant: first.name },
    settings: settingsOf({ ...optimizerAt(entry, 1, first), label }),
  });
}
