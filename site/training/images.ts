// Images of an IDX file, and how they are split. Nothing here needs a browser.

import type { IdxArray } from "../../src/data/idx.js";
import { readIdx } from "../../src/data/idx.js";
import type { Images } from "../../src/data/load.js";
import { type Splits, slice, splitDataset } from "../../src/data/splits.js";
import { RpBenchError } from "../../src/errors.js";

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

/** @throws RpBenchError DATA_CORRUPT, with what is wrong with the file */
export function readImages(name: string, bytes: Uint8Array): Loaded {
  const { dimensions, values }: IdxArray = readIdx(bytes, name);
  const [inFile, rows, columns] = dimensions;
  if (dimensions.length !== 3) {
    const what = `holds ${dimensions.join(" × ")} values, while images have three dimensions, count × rows × columns`;
    throw unfit(name, what);
  }
  const size = rows * columns;
  if (size === 0 || size > MOST_PIXELS) {
    throw unfit(
      name,
      `has images of ${rows} × ${columns}, while this page trains on 1 to ${MOST_PIXELS} pixels`,
    );
  }
  if (inFile < LEAST_IMAGES) {
    throw unfit(name, `has ${inFile} images, while training, validation and test need ${LEAST_IMAGES}`);
  }
  const count = Math.min(inFile, MOST_IMAGES);
  return { name, rows, columns, inFile, images: { count, size, pixels: values.slice(0, count * size) } };
}

export function unfit(name: string, what: string): RpBenchError {
  return new RpBenchError("DATA_CORRUPT", `${name}: ${what}; choose another file`);
}

/** The last seventh is for testing; of the others the last tenth is for validation. */
export function splitsOf(images: Images): Splits {
  const trained = images.count - Math.floor(images.count / 7);
  return splitDataset({ train: slice(images, 0, trained), test: slice(images, trained, images.count) });
}
