import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { messageOf, RpBenchError } from "../errors.js";
import { readArchive } from "./archive.js";
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
    const found = createHash("sha256").update(bytes).digest("hex");
    checksums[file.name] = found;
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
      const bytes = await readBytes(path);
      const array = readIdx(bytes, path);
      check(file, path, bytes);
      return { path, ...array };
    };
    const images = await part("images");
    const labels = await part("labels");
    const dimensions = images?.dimensions ?? [];
    if (!images || dimensions.length !== 3 || dimensions[1] !== rows || dimensions[2] !== columns) {
      const message = `${images?.path}: holds ${dimensions.join(" × ")} values instead of images of ${rows} × ${columns}`;
      throw new RpBenchError("DATA_CORRUPT", message);
    }
    if (labels && labels.dimensions.join() !== String(dimensions[0])) {
      const message = `${labels.path}: holds ${labels.dimensions.join(" × ")} labels for ${dimensions[0]} images`;
      throw new RpBenchError("DATA_CORRUPT", message);
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
  // Sizes first, so that each split is one array and one file at a time stands beside it.
  const bytesOf = (file: DatasetFile): number => {
    const path = location.files.get(file.name);
    return path && !path.endsWith(".gz") ? statSync(path).size : file.bytes;
  };
  const splits = Object.fromEntries(
    (["train", "test"] as const).map((split) => {
      const files = entry.files.filter((file) => file.split === split);
      const counts = files.map((file) =>
        cifarCount(bytesOf(file), location.files.get(file.name) ?? file.name),
      );
      const count = counts.reduce((sum, each) => sum + each, 0);
      const images = {
        count,
        size: CIFAR_VALUES,
        pixels: new Uint8Array(count * CIFAR_VALUES),
        labels: new Uint8Array(count),
      };
      const firsts = new Map(
        files.map(({ name }, index) => [name, counts.slice(0, index).reduce((sum, each) => sum + each, 0)]),
      );
      return [split, { images, firsts }];
    }),
  );
  const take = (name: string, path: string, bytes: Uint8Array) => {
    const file = entry.files.find((each) => each.name === name);
    if (!file) return;
    const { images, firsts } = splits[file.split];
    if (bytes.length !== bytesOf(file)) {
      throw new RpBenchError(
        "DATA_CORRUPT",
        `${path}: ${name} has ${bytes.length} bytes, expected ${bytesOf(file)}`,
      );
    }
    readCifarBatch(bytes, path, images.pixels, images.labels, firsts.get(name) ?? 0);
    check(file, path, bytes);
  };
  const { archive } = location;
  if (archive) await readArchive(archive, entry, (name, bytes) => take(name, archive, bytes));
  else {
    // One buffer for all files: six of 30 MB would wait for the garbage collector.
    const buffer = Buffer.allocUnsafe(Math.max(...entry.files.map(bytesOf)));
    for (const [name, path] of location.files) {
      take(name, path, path.endsWith(".gz") ? await readBytes(path) : await readInto(buffer, path));
    }
  }
  return { train: splits.train.images, test: splits.test.images };
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
async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    return path.endsWith(".gz") ? await promisify(gunzip)(bytes) : bytes;
  } catch (error) {
    throw unreadable(path, error);
  }
}
