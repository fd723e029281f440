// Where images come from: the sample that comes with the page, or a visitor's own file.

import { RpBenchError } from "../../src/errors.js";
import { type Loaded, readImages, unfit } from "./images.js";
import { SAMPLE_FILE } from "./sample.js";

/** More than MNIST's largest file, which has 47 million. */
const MOST_BYTES = 200e6;
export const SAMPLE_NAME = "MNIST sample";

export async function loadSample(): Promise<Loaded> {
  const response = await fetch(SAMPLE_FILE);
  if (!response.ok) throw new Error(`the sample of MNIST could not be fetched (${response.status})`);
  return readImages(SAMPLE_NAME, await unpacked(await response.blob()));
}

/** @throws RpBenchError DATA_CORRUPT, with what is wrong with the file */
export async function loadFile(file: File): Promise<Loaded> {
  if (file.size > MOST_BYTES) {
    throw unfit(file.name, `has ${file.size} bytes, more than the ${MOST_BYTES} that this page reads`);
  }
  try {
    return readImages(file.name, await unpacked(file));
  } catch (error) {
    if (error instanceof RpBenchError) throw error;
    throw unfit(file.name, "is cut short or damaged, and cannot be unpacked");
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
