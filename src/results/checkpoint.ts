// A checkpoint's file: a first line with the SHA-256 of all that follows, a second line of JSON that says what the file
// holds, and the arrays that it lists, one after the other, little-endian as every platform of this program is.

import { sha256Of } from "../checksum.js";
import { messageOf, RpBenchError } from "../errors.js";

const ARRAYS = { Float32Array, Float64Array, Int32Array, Uint8Array };
export type CheckpointArray = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;

export interface CheckpointContent {
  /** JSON. */
  header: object;
  arrays: Readonly<Record<string, CheckpointArray>>;
}

const WORD = "rp-bench checkpoint ";
const LINE_END = 10;

export function encodeCheckpoint({ header, arrays }: CheckpointContent): Buffer {
  const list = Object.entries(arrays).map(([name, array]) => ({
    ...{ name, type: array.constructor.name, length: array.length },
  }));
  const parts = [
    Buffer.from(`${JSON.stringify({ header, arrays: list })}\n`),
    ...Object.values(arrays).map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  ];
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(`${WORD}${sha256Of(body)}\n`), body]);
}

/** @throws RpBenchError DATA_CORRUPT saying in which way it is damaged */
export function decodeCheckpoint(bytes: Buffer): {
  header: unknown;
  arrays: Record<string, CheckpointArray>;
} {
  const first = bytes.indexOf(LINE_END);
  const body = bytes.subarray(first + 1);
  if (first < 0 || bytes.toString("latin1", 0, first) !== WORD + sha256Of(body)) {
    throw damaged("its checksum is another");
  }
  try {
    const second = body.indexOf(LINE_END);
    const { header, arrays } = JSON.parse(body.toString("utf8", 0, second));
    let at = second + 1;
    const named = (arrays as { name: string; type: keyof typeof ARRAYS; length: number }[]).map(
      ({ name, type, length }): [string, CheckpointArray] => {
        const size = length * ARRAYS[type].BYTES_PER_ELEMENT;
        const copy = Uint8Array.from(body.subarray(at, at + size)); // which begins where such an array may
        at += size;
        return [name, new ARRAYS[type](copy.buffer)];
      },
    );
    if (at !== body.length) throw new Error("its length is another");
    return { header, arrays: Object.fromEntries(named) };
  } catch (error) {
    throw damaged(messageOf(error)); // a checksum over nonsense: a fault of ours, or made by hand
  }
}

function damaged(what: string): RpBenchError {
  return new RpBenchError("DATA_CORRUPT", `is damaged (${what})`);
}
