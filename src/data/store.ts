// What `data fetch` and `data import` leave: <store>/<dataset>/ with gzip files, or with cifar-10-batches-bin/. A name
// that counts only ever stands for a whole, verified file.

import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RpBenchError } from "../errors.js";
import { isDirectory, makeFolder, writeFailed, writeFileAtomically } from "../output/files.js";
import { releaseLock, takeLock } from "../output/lock.js";
import { readArchive } from "./archive.js";
import type { DatasetEntry, Download } from "./catalogue.js";
import { type DownloadOptions, download } from "./download.js";
import { type Dataset, loadFrom } from "./load.js";
import { filesIn, type Location } from "./locate.js";

export interface FetchOptions extends Omit<DownloadOptions, "onProgress"> {
  onProgress(file: Download, received: number): void;
}

/** Downloads what a folder lacks of a dataset. Another process that is fetching the same is waited for. */
export async function fetchDataset(
  entry: DatasetEntry,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  make(folder);
  const lock = join(folder, ".lock");
  while (takeLock(lock) !== null) {
    await setTimeout(200, undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted)
      throw new RpBenchError("INTERRUPTED", "interrupted while another process fetches");
  }
  try {
    if (entry.format === "cifar") await fetchArchive(entry, folder, options);
    else for (const file of entry.downloads) await fetchFile(file, folder, options);
  } finally {
    releaseLock(lock);
  }
}

async function fetchFile(file: Download, folder: string, options: FetchOptions): Promise<void> {
  const path = join(folder, file.name);
  if (existsSync(path)) return;
  const part = `${path}.part`;
  await download(file, part, { ...options, onProgress: (received) => options.onProgress(file, received) });
  renameSync(part, path);
}

async function fetchArchive(entry: DatasetEntry, folder: string, options: FetchOptions): Promise<void> {
  if (filesIn(folder, entry)?.files.size) return;
  const [archive] = entry.downloads;
  await fetchFile(archive, folder, options);
  await unpack(entry, join(folder, archive.name), folder);
  rmSync(join(folder, archive.name));
}

/** Into a folder of another name first, so that a folder of the real name is whole. */
async function unpack(entry: DatasetEntry, archive: string, folder: string): Promise<void> {
  const target = join(folder, "cifar-10-batches-bin");
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    make(temporary);
    await readArchive(archive, entry, (name, bytes) => writeFileAtomically(join(temporary, name), bytes));
    rmSync(target, { recursive: true, force: true });
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * Copies a dataset from an archive or folder into the store, once it has been read in full.
 *
 * @returns the dataset as it is in the store
 * @throws RpBenchError DATA_CORRUPT, DATASET_ABSENT where `path` does not hold it
 */
export async function importDataset(entry: DatasetEntry, path: string, folder: string): Promise<Dataset> {
  const found = isDirectory(path)
    ? filesIn(path, entry)
    : existsSync(path)
      ? { files: new Map(), archive: path }
      : null;
  if (!found || (found.archive && entry.format !== "cifar")) {
    const wanted = entry.format === "cifar" ? "cifar-10-batches-bin or its archive" : entry.files[0].name;
    throw new RpBenchError(
      "DATASET_ABSENT",
      `${path}: does not hold ${entry.name}; name a folder with ${wanted}`,
    );
  }
  const location = (at: typeof found, where: string): Location => ({
    ...at,
    folder: where,
    origin: "import",
    strict: false,
  });
  await loadFrom(entry, location(found, path)); // a file that does not read is not copied
  make(folder);
  if (found.archive) {
    await unpack(entry, found.archive, folder);
  } else {
    const target = entry.format === "cifar" ? join(folder, "cifar-10-batches-bin") : folder;
    make(target);
    for (const source of found.files.values()) copyWhole(source, join(target, basename(source)));
  }
  const stored = filesIn(folder, entry);
  if (!stored) throw new RpBenchError("DATASET_ABSENT", `${folder}: the copy is gone`);
  return loadFrom(entry, location(stored, folder));
}

function copyWhole(source: string, target: string): void {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    copyFileSync(source, temporary);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeFailed(target, error);
  }
}

function make(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw writeFailed(folder, error);
  }
}
