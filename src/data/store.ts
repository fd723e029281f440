// What `data fetch` and `data import` leave: <store>/<dataset>/ with gzip or plain files, or with cifar-10-batches-bin/.
// One process at a time changes it, and a set of files takes its place whole.

import { copyFileSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RpBenchError } from "../errors.js";
import { flush, isDirectory, makeFolder, writeFileAtomically, writing } from "../files/files.js";
import { removeLeftovers } from "../files/leftovers.js";
import { releaseLock, takeLock } from "../files/lock.js";
import { newTag } from "../files/processes.js";
import { readArchive } from "./archive.js";
import type { DatasetEntry, Download } from "./catalogue.js";
import { type DownloadOptions, download, md5Of } from "./download.js";
import { type Dataset, loadFrom } from "./load.js";
import { BATCH_FOLDER, filesIn, type Location } from "./locate.js";

export interface FetchOptions extends Omit<DownloadOptions, "onProgress" | "onTrouble"> {
  onProgress(file: Download, received: number): void;
  /** Told of another process that is at it, and of each host once why it is given up or tried again. */
  onTrouble(message: string): void;
}

/**
 * Downloads what a folder lacks of a dataset, or has wrong. Another process that is at it is waited for.
 *
 * @throws RpBenchError NETWORK_FAILED, INTERRUPTED, WRITE_FAILED
 */
export async function fetchDataset(
  entry: DatasetEntry,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  await locked(folder, options.signal, options.onTrouble, async () => {
    if (await isVerified(entry, folder)) return;
    const told = new Set<string>();
    const onTrouble = (message: string, host: string) => {
      if (!told.has(host)) options.onTrouble(message);
      told.add(host);
    };
    for (const file of entry.downloads) {
      await fetchFile(file, folder, {
        ...{ ...options, onTrouble },
        onProgress: (received) => options.onProgress(file, received),
      });
    }
    if (entry.format !== "cifar") return;
    const archive = join(folder, entry.downloads[0].name);
    await stage(folder, async (temporary) => unpack(entry, archive, join(temporary, BATCH_FOLDER)));
    rmSync(archive);
  });
}

async function fetchFile(file: Download, folder: string, options: DownloadOptions): Promise<void> {
  const path = join(folder, file.name);
  if (existsSync(path) && (await md5Of(path)) === file.md5) return;
  const part = `${path}.part`;
  await download(file, part, options);
  writing(path, () => {
    flush(part);
    renameSync(part, path);
    if (file.name.endsWith(".gz")) rmSync(path.slice(0, -3), { force: true }); // plain, it would be read first
  });
}

/**
 * Copies a dataset from an archive or folder into the store, once it has been read in full.
 *
 * @returns the dataset as it is in the store
 * @throws RpBenchError DATA_CORRUPT, USAGE where `path` does not exist or does not hold it, OUTPUT_CONFLICT where a copy
 * would take the place of the known files
 */
export async function importDataset(entry: DatasetEntry, path: string, folder: string): Promise<Dataset> {
  if (!existsSync(path)) {
    const message = `${path}: does not exist; name the archive or the folder that holds ${entry.title}`;
    throw new RpBenchError("USAGE", message);
  }
  const found = isDirectory(path) ? filesIn(path, entry) : { files: new Map(), archive: path };
  if (!found || (found.archive && entry.format !== "cifar")) {
    const wanted = entry.format === "cifar" ? `${BATCH_FOLDER} or its archive` : entry.files[0].name;
    throw new RpBenchError("USAGE", `${path}: does not hold ${entry.name}; name a folder with ${wanted}`);
  }
  const location = (at: typeof found, where: string): Location => ({
    ...at,
    ...{ folder: where, origin: "import", strict: false },
  });
  const { verified } = await loadFrom(entry, location(found, path)); // a file that does not read is not copied
  return locked(
    folder,
    new AbortController().signal,
    () => undefined,
    async () => {
      if (!verified && (await isVerified(entry, folder))) {
        const message = `${folder}: has the known files of ${entry.title}, ${path} a copy; remove the folder to replace them`;
        throw new RpBenchError("OUTPUT_CONFLICT", message);
      }
      await stage(folder, async (temporary) => {
        const target = entry.format === "cifar" ? join(temporary, BATCH_FOLDER) : temporary;
        if (found.archive) await unpack(entry, found.archive, target);
        else for (const source of found.files.values()) copyWhole(source, target);
      });
      const stored = filesIn(folder, entry);
      if (!stored) throw new RpBenchError("DATASET_ABSENT", `${folder}: the copy is gone`);
      return loadFrom(entry, location(stored, folder));
    },
  );
}

/** Whether a folder has all the images, and they are the known ones. */
async function isVerified(entry: DatasetEntry, folder: string): Promise<boolean> {
  const found = filesIn(folder, entry);
  if (!found || found.archive) return false;
  return loadFrom(entry, { ...found, folder, origin: "store", strict: false }).then(
    ({ verified }) => verified,
    () => false, // damaged: to be replaced
  );
}

/** Runs `work` as the only process that changes a folder, cleared of what a killed one left. */
async function locked<T>(
  folder: string,
  signal: AbortSignal,
  onWait: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  writing(folder, () => makeFolder(folder));
  const lock = join(folder, ".lock");
  let told = false;
  for (;;) {
    const holder = writing(lock, () => takeLock(lock));
    if (holder === null) break;
    if (!told) onWait(`waiting for ${holder.name}, which has ${lock}`);
    told = true;
    await setTimeout(200, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new RpBenchError("INTERRUPTED", `interrupted while ${holder.name} has ${lock}`);
  }
  try {
    removeLeftovers(folder);
    for (const name of readdirSync(folder)) {
      if (name.startsWith(".staged")) rmSync(join(folder, name), { recursive: true, force: true });
    }
    return await work();
  } finally {
    releaseLock(lock);
  }
}

/** `fill` writes files or a folder into a temporary folder; each then takes its place, and other spellings go. */
async function stage(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(folder, `.staged.${newTag()}`);
  writing(temporary, () => makeFolder(temporary));
  await fill(temporary);
  writing(folder, () => {
    for (const name of readdirSync(temporary)) {
      const target = join(folder, name);
      const old = join(folder, `.staged.${newTag()}.old`);
      if (isDirectory(target)) renameSync(target, old);
      renameSync(join(temporary, name), target);
      rmSync(old, { recursive: true, force: true });
      rmSync(join(folder, name.endsWith(".gz") ? name.slice(0, -3) : `${name}.gz`), { force: true });
    }
    rmSync(temporary, { recursive: true });
  });
}

async function unpack(entry: DatasetEntry, archive: string, target: string): Promise<void> {
  writing(target, () => makeFolder(target));
  await readArchive(archive, entry, (name, bytes) => writeFileAtomically(join(target, name), bytes));
}

function copyWhole(source: string, folder: string): void {
  const target = join(folder, basename(source));
  writing(target, () => {
    makeFolder(folder);
    copyFileSync(source, target);
    flush(target);
  });
}
