// A checkpoint's file: what comes back of it, what is refused, and who may write it.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/results/checkpoint.js";
import { ResultFolder } from "../../src/results/result-folder.js";
import { temporaryFolder } from "../support/cli.js";

const content = {
  header: { log: "step\n0\n", nothing: null },
  arrays: {
    odd: Uint8Array.of(1, 2, 3),
    single: Float32Array.of(-0, Number.NaN, 1e-45),
    double: Float64Array.of(Math.PI).subarray(0, 1),
    whole: new Int32Array(0),
  },
};

it("gives back what it holds, and refuses it with any bit changed or any byte missing", () => {
  const bytes = encodeCheckpoint(content);
  const { header, arrays } = decodeCheckpoint(bytes);
  expect({ header, arrays }).toEqual(content);
  expect(Object.is(arrays.single[0], -0)).toBe(true);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1 << (at % 8);
    for (const damaged of [changed, bytes.subarray(0, at)]) {
      expect(() => decodeCheckpoint(damaged), String(at)).toThrow("is damaged (its checksum is another)");
    }
  }
});

it("is written, and removed, by the process that has the run alone", () => {
  const path = temporaryFolder();
  mkdirSync(join(path, "runs"));
  const folder = ResultFolder.of(path);
  const run = { problem: "mnist", label: "rp", variant: "", learningRate: 1, seed: 0 };
  const file = folder.checkpoint(run);
  const at = join(path, "runs", "mnist-rp-lr1-seed0.checkpoint");
  file.write(Buffer.from("nobody's"));
  expect(existsSync(at)).toBe(false);
  folder.claim(run);
  file.write(Buffer.from("mine"));
  expect(file.read()?.toString()).toBe("mine");
  // While this process stood still, another took the run.
  const lock = join(path, "runs", "mnist-rp-lr1-seed0.lock");
  writeFileSync(lock, readFileSync(lock, "utf8").replace(/"token":"[0-9a-f]+"/, '"token":"another"'));
  file.write(Buffer.from("late"));
  file.remove();
  expect(file.read()?.toString()).toBe("mine");
  folder.release(run);
});
