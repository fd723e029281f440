import { describe, expect, it } from "vitest";
import { readIdx } from "../../src/data/idx.js";
import { RpBenchError } from "../../src/errors.js";

/** 2 images of 2 × 3. */
const header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3];
const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255];
const file = (bytes: number[]) => Uint8Array.from(bytes);

describe("readIdx", () => {
  it("reads dimensions and values, also from inside a larger buffer", () => {
    const { dimensions, values: read } = readIdx(file([9, 9, ...header, ...values]).subarray(2), "f");
    expect(dimensions).toEqual([2, 2, 3]);
    expect(Array.from(read)).toEqual(values);
  });

  it.each([
    ["an empty file", [], "f: too short for an IDX header, 0 bytes; replace the file"],
    [
      "another magic",
      [0x1f, 0x8b, 8, 0, ...values],
      "f: not an IDX file, it starts with 0x1f8b0800; replace the file",
    ],
    [
      "another type",
      [0, 0, 0x0d, 1, 0, 0, 0, 0],
      "f: IDX type 0x0d is not unsigned bytes (0x8); replace the file",
    ],
    ["no dimensions", [0, 0, 8, 0], "f: its 0 dimensions are not all there; replace the file"],
    ["a cut header", header.slice(0, 11), "f: its 3 dimensions are not all there; replace the file"],
    [
      "a cut body",
      [...header, ...values.slice(1)],
      "f: 2 × 2 × 3 values need 28 bytes, it has 27; replace the file",
    ],
    [
      "a byte too many",
      [...header, ...values, 0],
      "f: 2 × 2 × 3 values need 28 bytes, it has 29; replace the file",
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readIdx(file(bytes), "f")).toThrow(new RpBenchError("DATA_CORRUPT", message));
  });
});
