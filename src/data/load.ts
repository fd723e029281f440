import { statSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { sha256Of } from "../checksum.js";
import { messageOf, RpBenchError } from "../errors.js";
import { MOST_TIMES_USUAL, readArchive } from "./archive.js";
import {
  CATALOGUE,
  type DatasetEntry,
  type DatasetFile,
  type DatasetName,
  imageSizeOf,
} from "./catalogue.js";
import { CIFAR_VALUES, cifarCount, readCifarBatch } from "./cifar.js";
import { readIdx } from "./idx.js";
import { howToGet, type LocateOptions, type Location, locateDataset } from "./locate.js";

/** Images of one split, one byte a value (0..255), row after row. */
export interface Images {
  count: number;
  /** Values of one image. */
  size: number;
  pixels: Uint8Array;
  /** The class of each image, where it is known. */
  labels?: Uint8Array;
}

export interface Dataset {
  entry: DatasetEntry;
  /** For figures and tables: says so where the files are not the known ones. */
  title: string;
  /** Whether every file read is the known one. */
  verified: boolean;
  location: Location;
  train: Images;
  test: Images;
  /** SHA-256 of each file read, unpacked. */
  checksums: Record<string, string>;
}

/**
 * Finds, reads and verifies a dataset. Files of the right layout that are not the known ones are a copy, and the title
 * says so.
 *
 * @throws RpBenchError DATASET_ABSENT with the command that brings it, DATA_CORRUPT naming the file
 */
export async function loadDataset(name: DatasetName, options: LocateOptions = {}): Promise<Dataset> {
  const entry = CATALOGUE[name];
  const location = locateDataset(entry, options);
  if (!location) {
    throw new RpBenchError("DATASET_ABSENT", `the dataset ${name} is not here; get it: ${howToGet(entry)}`);
  }
  return loadFrom(entry, location);
}

/** Reads a dataset from where it was found. */
export async function loadFrom(entry: DatasetEntry, location: Location): Promise<Dataset> {
  const checksums: Record<string, string> = {};
  const check = (file: DatasetFile, path: string, bytes: Uint8Array) => {
    const found = sha256Of(bytes);
    checksums[file.name] = found;
    const other = Object.values(CATALOGUE).find(
      ({ name, files }) => name !== entry.name && files.some(({ sha256 }) => sha256 === found),
    );
    if (other) {
      throw new RpBenchError(
        "DATA_CORRUPT",
        `${path}: is a file of ${other.title}, not of ${entry.title}; look elsewhere`,
      );
    }
    if (location.strict && found !== file.sha256) {
      const message = `${path}: not the known file, its SHA-256 is ${found} instead of ${file.sha256}; get it: ${howToGet(entry)}`;
      throw new RpBenchError("DATA_CORRUPT", message);
    }
  };
  const read = entry.format === "idx" ? readIdxFiles : readCifarFiles;
  const { train, test } = await read(entry, location, check);
  const verified = entry.files.every(
    ({ name, sha256 }) => checksums[name] === undefined || checksums[name] === sha256,
  );
  const title = verified ? entry.title : `${entry.title} (unverified copy)`;
  return { entry, title, verified, location, train, test, checksums };
}

type Check = (file: DatasetFile, path: string, bytes: Uint8Array) => void;
type Splits = { train: Images; test: Images };

async function readIdxFiles(entry: DatasetEntry, { files }: Location, check: Check): Promise<Splits> {
  const size = imageSizeOf(entry);
  const [rows, columns] = entry.shape;
  const readSplit = async (split: "train" | "test"): Promise<Images> => {
    const part = async (holds: "images" | "labels") => {
      const file = entry.files.find((each) => each.split === split && each.holds === holds);
      const path = file && files.get(file.name);
      if (!path) return null;
      const bytes = await readBytes(path, file);
      const array = readIdx(bytes, path);
      check(file, path, bytes);
      return { path, ...array };
    };
    const images = await part("images");
    const labels = await part("labels");
    const dimensions = images?.dimensions ?? [];
    if (
      !images ||
      dimensions.length !== 3 ||
      dimensions[0] === 0 ||
      dimensions[1] !== rows ||
      dimensions[2] !== columns
    ) {
      const message = `${images?.path}: holds ${dimensions.join(" × ")} values instead of images of ${rows} × ${columns}`;
      throw new RpBenchError("DATA_CORRUPT", message);
    }
    if (labels && labels.dimensions.join() !== String(dimensions[0])) {
      const message = `${labels.path}: holds ${labels.dimensions.join(" × ")} labels for ${dimensions[0]} images`;
      throw new RpBenchError("DATA_CORRUPT", message);
    }
    const classes = entry.classes.length;
    const label = labels?.values.find((value) => value >= classes);
    if (labels && label !== undefined) {
      throw new RpBenchError(
        "DATA_CORRUPT",
        `${labels.path}: has the label ${label}, there are ${classes} classes`,
      );
    }
    return {
      count: dimensions[0],
      size,
      pixels: images.values,
      ...(labels ? { labels: labels.values } : {}),
    };
  };
  return { train: await readSplit("train"), test: await readSplit("test") };
}

async function readCifarFiles(entry: DatasetEntry, location: Location, check: Check): Promise<Splits> {
  // Packed files are unpacked first, so that all lengths are known and each split is one array; of plain ones, one at a
  // time stands beside it.
  const unpacked = new Map<string, Uint8Array>();
  const { archive } = location;
  if (archive) await readArchive(archive, entry, (name, bytes) => unpacked.set(name, bytes));
  for (const file of entry.files) {
    const path = location.files.get(file.name);
    if (path?.endsWith(".gz")) unpacked.set(file.name, await readBytes(path, file));
  }
  const pathOf = ({ name }: DatasetFile) => location.files.get(name) ?? `${archive}: ${name}`;
  const lengths = new Map(
    entry.files.map((file) => [file.name, unpacked.get(file.name)?.length ?? statSync(pathOf(file)).size]),
  );
  const lengthOf = ({ name }: DatasetFile) => lengths.get(name) ?? 0;
  // One buffer for all plain files: six of 30 MB would wait for the garbage collector.
  const buffer = unpacked.size > 0 ? Buffer.alloc(0) : Buffer.allocUnsafe(Math.max(...lengths.values()));

  const readSplit = async (split: "train" | "test"): Promise<Images> => {
    const files = entry.files.filter((file) => file.split === split);
    const count = files.reduce((sum, file) => sum + cifarCount(lengthOf(file), pathOf(file)), 0);
    const pixels = new Uint8Array(count * CIFAR_VALUES);
    const labels = new Uint8Array(count);
    let first = 0;
    for (const file of files) {
      const path = pathOf(file);
      const bytes = unpacked.get(file.name) ?? (await readInto(buffer.subarray(0, lengthOf(file)), path));
      first += readCifarBatch(bytes, path, pixels, labels, first);
      check(file, path, bytes);
    }
    return { count, size: CIFAR_VALUES, pixels, labels };
  };
  return { train: await readSplit("train"), test: await readSplit("test") };
}

async function readInto(buffer: Buffer, path: string): Promise<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) return buffer.subarray(0, length);
      length += bytesRead;
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: unknown): RpBenchError {
  const message = `${path}: cannot be read (${messageOf(cause)}); replace the file`;
  return new RpBenchError("DATA_CORRUPT", message, { cause });
}

/** A file's bytes, unpacked where its name ends in .gz. */
async function readBytes(path: string, { bytes: usual }: DatasetFile): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    const maxOutputLength = MOST_TIMES_USUAL * usual;
    return path.endsWith(".gz") ? await promisify(gunzip)(bytes, { maxOutputLength }) : bytes;
  } catch (error) {
    throw unreadable(path, error);
  }
}
