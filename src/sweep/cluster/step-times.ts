// Step times of a study whose runs were made on several machines, of which some may be slower than others.

import { readFileSync } from "node:fs";
import { sha256Of } from "../../checksum.js";
import { writeFileAtomically } from "../../files/files.js";
import { stepTimesPath } from "../../results/step-times.js";
import { timesAreThere } from "../conclude.js";
import type { Branch, ResultOf } from "../plan.js";
import { processorsOf } from "../processors.js";
import type { TaskFolder } from "./task-folder.js";

/** A kind of processor, and a machine that has it. */
export interface Place {
  /** For file names. */
  place: string;
  host: string;
}

/** Of the runs that tasks made, the commonest kind first. */
export function placesOf(branches: readonly Branch[], resultOf: ResultOf): Place[] {
  return processorsOf(branches, resultOf).map(({ processor, host }) => ({
    place: sha256Of(Buffer.from(processor)).slice(0, 8),
    host,
  }));
}

/** Makes those of the commonest kind that has any the study's; false where there are none of every chosen rate. */
export function chooseStepTimes(
  study: string,
  files: TaskFolder,
  places: readonly Place[],
  branches: readonly Branch[],
): boolean {
  const measured = files.measured();
  const chosen = places.find(({ place }) => measured.includes(`step-times-${place}`));
  if (chosen)
    writeFileAtomically(stepTimesPath(study), readFileSync(files.stepTimesPath(chosen.place), "utf8"));
  return timesAreThere(study, branches);
}
