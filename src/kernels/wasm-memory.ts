// Arrays in a network's memory. It grows while the network is made, never afterwards, for that would take away the arrays
// that were handed out; what is not used of it costs no memory of the machine.

import { RpBenchError } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";

/** Of the system that V8 has pages of, and so of what is aligned at all. */
const ALIGNMENT = 64;

type Numbers = Float32Array | Float64Array | Int32Array;
type Constructor<T> = { new (buffer: ArrayBufferLike, byteOffset: number, length: number): T };

/** A part of the memory that is taken from its beginning on. */
export class Region {
  private top: number;
  private readonly end: number;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly start: number,
    bytes: number,
  ) {
    this.top = start;
    this.end = start + bytes;
  }

  /** An array of zeros, or null where no more has room. */
  take<T>(Numbers: Constructor<T> & { BYTES_PER_ELEMENT: number }, length: number): T | null {
    const at = this.top;
    const end = at + length * Numbers.BYTES_PER_ELEMENT;
    if (end > this.end) return null;
    this.top = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    return new Numbers(this.memory.buffer, at, length);
  }

  /** As if nothing had been taken. */
  clear(): void {
    this.top = this.start;
  }
}

/** The arguments of one call: arrays that lie elsewhere are copied in, and out again where the call writes them. */
export class Arguments {
  private readonly written: { from: Numbers; to: Numbers }[] = [];

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly region: Region,
  ) {
    region.clear();
  }

  /** An array that the call reads; 0 stands for null. @throws RpBenchError INVALID_ARGUMENT */
  reads(name: string, array: FloatArray, length: number): number {
    requireFloats(name, array, length);
    return this.place(array, true).byteOffset;
  }
  readsSome(name: string, array: FloatArray | null, length: number): number {
    return array === null ? 0 : this.reads(name, array, length);
  }

  /** An array that the call writes all of. */
  writes(name: string, array: FloatArray, length: number): number {
    requireFloats(name, array, length);
    return this.place(array, false, true).byteOffset;
  }

  /** An array that it reads and writes. */
  updates(name: string, array: FloatArray, length: number): number {
    requireFloats(name, array, length);
    return this.place(array, true, true).byteOffset;
  }
  updatesSome(name: string, array: FloatArray | null, length: number): number {
    return array === null ? 0 : this.updates(name, array, length);
  }

  writesDoubles(name: string, array: Float64Array, length: number): number {
    if (!(array instanceof Float64Array) || array.length !== length) {
      throw invalid(`${name} is not a Float64Array of ${length}`);
    }
    return this.place(array, false, true).byteOffset;
  }

  /** Null, which is all of them, or strictly ascending indices below `limit`. */
  outputs(outputs: Int32Array | null, limit: number): { pointer: number; count: number } {
    if (outputs === null) return { pointer: 0, count: limit };
    if (!(outputs instanceof Int32Array) || outputs.length === 0 || outputs.length > limit) {
      throw invalid(`outputs are not an Int32Array of 1 to ${limit} indices`);
    }
    const wrong = outputs.find(
      (output, i) => output < 0 || output >= limit || (i > 0 && output <= outputs[i - 1]),
    );
    if (wrong !== undefined) throw invalid(`outputs must ascend within the outputs: ${wrong}`);
    return { pointer: this.place(outputs, true).byteOffset, count: outputs.length };
  }

  /** After the call. */
  copyBack(): void {
    for (const { from, to } of this.written) to.set(from);
  }

  private place(array: Numbers, read: boolean, written = false): Numbers {
    if (array.buffer === this.memory.buffer) return array;
    const own = this.region.take<Numbers>(
      array.constructor as Constructor<Numbers> & Int32ArrayConstructor,
      array.length,
    );
    if (own === null) throw new RpBenchError("OUT_OF_MEMORY", "the network's memory holds no further array");
    if (read) own.set(array);
    if (written) this.written.push({ from: own, to: array });
    return own;
  }
}

function requireFloats(name: string, array: FloatArray, length: number): void {
  if (!(array instanceof Float32Array)) throw invalid(`${name} is not a Float32Array`);
  if (array.length !== length) throw invalid(`${name} has the wrong length: ${array.length}`);
}

/** @throws RpBenchError INVALID_ARGUMENT */
export function requireNumber(name: string, value: number, low: number, high: number): number {
  if (typeof value !== "number") throw invalid(`${name} is not a number`);
  if (!(value >= low && value <= high)) throw invalid(`${name} is out of range: ${value}`);
  return value;
}

/** @throws RpBenchError INVALID_ARGUMENT */
export function requireInteger(name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(requireNumber(name, value, low, high)))
    throw invalid(`${name} is not an integer: ${value}`);
  return value;
}

function invalid(message: string): RpBenchError {
  return new RpBenchError("INVALID_ARGUMENT", message);
}
