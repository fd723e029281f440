import { RpBenchError } from "../errors.js";

// The IDX format of the MNIST files: two zero bytes, a type, the number of dimensions, each dimension as a big-endian
// 32-bit integer, then the values. http://yann.lecun.com/exdb/mnist/

const UNSIGNED_BYTE = 0x08;

export interface IdxArray {
  dimensions: number[];
  /** A view into the file's bytes. */
  values: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes.
 *
 * @param name what an error calls the file
 * @throws RpBenchError DATA_CORRUPT
 */
export function readIdx(bytes: Uint8Array, name: string): IdxArray {
  const fail = (what: string): never => {
    throw new RpBenchError("DATA_CORRUPT", `${name}: ${what}; replace the file`);
  };
  if (bytes.length < 4) fail(`too short for an IDX header, ${bytes.length} bytes`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint16(0) !== 0) fail(`not an IDX file, it starts with 0x${hex(header.getUint32(0))}`);
  const type = header.getUint8(2);
  if (type !== UNSIGNED_BYTE) fail(`IDX type 0x${hex(type)} is not unsigned bytes (0x8)`);
  const rank = header.getUint8(3);
  const start = 4 + 4 * rank;
  if (rank === 0 || bytes.length < start) fail(`its ${rank} dimensions are not all there`);
  const dimensions = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis));
  const expected = start + dimensions.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    fail(`${dimensions.join(" × ")} values need ${expected} bytes, it has ${bytes.length}`);
  }
  return { dimensions, values: bytes.subarray(start) };
}

function hex(value: number): string {
  return value.toString(16).padStart(2, "0");
}
