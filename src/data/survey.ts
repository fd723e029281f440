import { messageOf } from "../errors.js";
import type { DatasetEntry } from "./catalogue.js";
import { loadFrom } from "./load.js";
import { howToGet, type LocateOptions, locateDataset } from "./locate.js";

/** A dataset as `data list` and `doctor` show it. */
export interface DatasetSurvey {
  name: string;
  /** "verified", "unverified copy", "absent", or "corrupt" with why. */
  state: string;
  where: string | null;
  images: number | null;
  /** How to get it, where it is absent or corrupt. */
  get: string | null;
}

/** Reads a dataset that is here, or tells why one that is here does not read. */
export async function surveyDataset(
  entry: DatasetEntry,
  options: LocateOptions = {},
): Promise<DatasetSurvey> {
  const { name } = entry;
  const location = locateDataset(entry, options);
  if (!location) return { name, state: "absent", where: null, images: null, get: howToGet(entry) };
  const where = `${location.archive ?? location.folder} (${location.origin})`;
  try {
    const { verified, train, test } = await loadFrom(entry, location);
    const complete = (train.labels && test.labels) || entry.classes.length === 0;
    const labels = complete ? "" : ", labels missing";
    const state = `${verified ? "verified" : "unverified copy"}${labels}`;
    return { name, state, where, images: train.count + test.count, get: null };
  } catch (error) {
    return { name, state: `corrupt: ${messageOf(error)}`, where, images: null, get: howToGet(entry) };
  }
}
