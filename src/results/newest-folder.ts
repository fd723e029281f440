import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { RpBenchError } from "../errors.js";

/** The folder whose manifest was written last. @throws RpBenchError RESULTS_ABSENT */
export function newestFolder(parent: string): string {
  const written = (folder: string): number => {
    try {
      return statSync(join(folder, "manifest.json")).mtimeMs;
    } catch {
      return 0; // no result folder
    }
  };
  let names: string[] = [];
  try {
    names = readdirSync(parent);
  } catch {
    // No such folder: the error below says so.
  }
  const folders = names.map((name) => join(parent, name)).filter((folder) => written(folder) > 0);
  const newest = folders.sort((a, b) => written(b) - written(a))[0];
  if (!newest) {
    throw new RpBenchError(
      "RESULTS_ABSENT",
      `${parent}/: holds no results; name a folder or run: rp-bench run`,
    );
  }
  return newest;
}
