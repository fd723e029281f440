import { RpBenchError } from "../errors.js";

// The binary layout of CIFAR-10: records of one label byte and 3,072 values, 1,024 red, 1,024 green, 1,024 blue, each
// row by row. https://www.cs.toronto.edu/~kriz/cifar.html

export const CIFAR_VALUES = 3072;
export const CIFAR_RECORD = 1 + CIFAR_VALUES;
const CLASSES = 10;

/**
 * Splits one batch file into labels and images, written from image `first` on.
 *
 * @param name what an error calls the file
 * @returns the number of images
 * @throws RpBenchError DATA_CORRUPT
 */
export function readCifarBatch(
  bytes: Uint8Array,
  name: string,
  pixels: Uint8Array,
  labels: Uint8Array,
  first: number,
): number {
  const count = cifarCount(bytes.length, name);
  for (let record = 0; record < count; record++) {
    const at = record * CIFAR_RECORD;
    if (bytes[at] >= CLASSES) {
      const message = `${name}: record ${record} has label ${bytes[at]}, there are ${CLASSES} classes; replace the file`;
      throw new RpBenchError("DATA_CORRUPT", message);
    }
    labels[first + record] = bytes[at];
    pixels.set(bytes.subarray(at + 1, at + CIFAR_RECORD), (first + record) * CIFAR_VALUES);
  }
  return count;
}

/** Images in a batch file of so many bytes. */
export function cifarCount(bytes: number, name: string): number {
  const count = bytes / CIFAR_RECORD;
  if (Number.isInteger(count) && count > 0) return count;
  const message = `${name}: ${bytes} bytes are no multiple of ${CIFAR_RECORD}, a record's length; replace the file`;
  throw new RpBenchError("DATA_CORRUPT", message);
}
