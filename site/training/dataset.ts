// Images of the sample that comes with the page, or of a visitor's own file.

import { readIdx } from "../../src/data/idx.js";
import type { Images } from "../../src/data/load.js";
import { type Splits, slice, splitDataset } from "../../src/data/splits.js";
import { RpBenchError } from "../../src/errors.js";
import { SAMPLE_FILE } from "./sample.js";

export interface Loaded {
  name: string;
  images: Images;
  rows: number;
  columns: number;
  /** How many the file has; the first of them are used. */
  inFile: number;
}

/** Of a visitor's file; every optimizer's worker has a copy of them. */
const MOST_IMAGES = 10_000;
const LEAST_IMAGES = 20;
const MOST_PIXELS = 64 * 64;
/** More than MNIST's largest file, which has 47 million. */
const MOST_BYTES = 200e6;

export async function loadSample(): Promise<Loaded> {
  const response = await fetch(SAMPLE_FILE);
  if (!response.ok) throw new Error(`the sample of MNIST could not be fetched (${response.status})`);
  return readImages("MNIST sample", await unpacked(await response.blob()));
}

/** @throws RpBenchError DATA_CORRUPT, with what is wrong with the file */
export async function loadFile(file: File): Promise<Loaded> {
  if (file.size > MOST_BYTES)
    throw unfit(file.name, `has ${file.size} bytes, more than the ${MOST_BYTES} that this page reads`);
  try {
    return readImages(file.name, await unpacked(file));
  } catch (error) {
    if (error instanceof RpBenchError) throw error;
    throw unfit(file.name, "cannot be read");
  }
}

/** Of gzip files what is in them. Some servers unpack them on their way, so the bytes decide and not the name. */
async function unpacked(blob: Blob): Promise<Uint8Array> {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const isPacked = first === 0x1f && second === 0x8b;
  if (!isPacked) return new Uint8Array(await blob.arrayBuffer());
  const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function readImages(name: string, bytes: Uint8Array): Loaded {
  const { dimensions, values } = readIdx(bytes, name);
  const [inFile, rows, columns] = dimensions;
  if (dimensions.length !== 3) {
    throw unfit(
      name,
      `holds ${dimensions.join(" × ")} values, and images have three dimensions (count × rows × columns)`,
    );
  }
  const size = rows * columns;
  if (size === 0 || size > MOST_PIXELS) {
    throw unfit(
      name,
      `has images of ${rows} × ${columns}, and this page trains on 1 to ${MOST_PIXELS} pixels`,
    );
  }
  if (inFile < LEAST_IMAGES)
    throw unfit(name, `has ${inFile} images, and training, validation and test need ${LEAST_IMAGES}`);
  const count = Math.min(inFile, MOST_IMAGES);
  return { name, rows, columns, inFile, images: { count, size, pixels: values.slice(0, count * size) } };
}

function unfit(name: string, what: string): RpBenchError {
  return new RpBenchError("DATA_CORRUPT", `${name}: ${what}; choose another file`);
}

/** The last seventh is for testing; of the others the last tenth is for validation. */
export function splitsOf(images: Images): Splits {
  const trained = images.count - Math.floor(images.count / 7);
  return splitDataset({ train: slice(images, 0, trained), test: slice(images, trained, images.count) });
}
