// Where images come from: the sample that comes with the page, or a visitor's own file.

import { messageOf } from "../../src/errors.js";
import { type Loaded, readImages, unfit } from "./images.js";
import { SAMPLE_FILE } from "./sample.js";

/** More than MNIST's largest file, which has 47 million. */
const MOST_BYTES = 200e6;
export const SAMPLE_NAME = "MNIST sample";

export async function loadSample(): Promise<Loaded> {
  const response = await fetch(SAMPLE_FILE);
  if (!response.ok) throw new Error(`the sample of MNIST could not be fetched (${response.status})`);
  return readImages(SAMPLE_NAME, await unpacked(SAMPLE_NAME, await response.arrayBuffer(), MOST_BYTES));
}

/** @throws RpBenchError DATA_CORRUPT, with what is wrong with the file */
export async function loadFile(file: File, most = MOST_BYTES): Promise<Loaded> {
  if (file.size > most) {
    throw unfit(file.name, `has ${file.size} bytes, more than the ${most} that this page reads`);
  }
  // A folder that is dropped is a file that cannot be read.
  const bytes = await file.arrayBuffer().catch((error: unknown) => {
    throw unfit(file.name, `cannot be read (${messageOf(error)})`);
  });
  return readImages(file.name, await unpacked(file.name, bytes, most));
}

/** Of gzip files what is in them. Some servers unpack them on their way, so the bytes decide and not the name. */
async function unpacked(name: string, bytes: ArrayBuffer, most: number): Promise<Uint8Array> {
  const [first, second] = new Uint8Array(bytes);
  const isPacked = first === 0x1f && second === 0x8b;
  if (!isPacked) return new Uint8Array(bytes);
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // A small file can hold more than there is memory, so it is unpacked no further than it is read.
  while (size <= most) {
    const { done, value } = await reader.read().catch(() => {
      throw unfit(name, "is cut short or damaged, and cannot be unpacked");
    });
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    size += value.length;
  }
  await reader.cancel();
  throw unfit(name, `holds more than the ${most} bytes that this page reads`);
}
