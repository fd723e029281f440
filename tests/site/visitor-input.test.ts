// What a visitor gives the page, as far as it takes no browser to read it.

import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { loadFile } from "../../site/training/dataset.js";
import { layersOf } from "../../site/training/numbers-of-text.js";

const images = Buffer.concat([
  Buffer.from([0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 3]),
  Buffer.alloc(240, 7),
]);

it("unpacks a file no further than the page reads", async () => {
  const packed = gzipSync(images);
  expect(packed.length).toBeLessThan(100);
  const file = new File([packed], "images.gz");
  expect((await loadFile(file, 256)).images).toEqual({
    count: 40,
    size: 6,
    pixels: new Uint8Array(240).fill(7),
  });
  await expect(loadFile(file, 255)).rejects.toThrow(
    "images.gz: holds more than the 255 bytes that this page reads; choose another file",
  );
  await expect(loadFile(new File([images], "images"), 255)).rejects.toThrow(
    "images: has 256 bytes, more than the 255 that this page reads; choose another file",
  );
});

it("tells a file that cannot be read from one that cannot be unpacked", async () => {
  const folder = new File([images], "folder");
  folder.arrayBuffer = () => Promise.reject(new Error("A requested file or directory could not be found"));
  await expect(loadFile(folder)).rejects.toThrow(
    "folder: cannot be read (A requested file or directory could not be found); choose another file",
  );
  const cut = new File([gzipSync(images).subarray(0, 30)], "cut.gz");
  await expect(loadFile(cut)).rejects.toThrow("cut.gz: is cut short or damaged, and cannot be unpacked");
});

it.each([
  ["128, 32,128", [128, 32, 128]],
  ["128-32–128", [128, 32, 128]],
  ["128 - 32", [128, 32]],
  [" 16 ; 8 ", [16, 8]],
  ["", []],
  ["-5", [-5]],
  ["128, -32", [128, -32]],
  ["16 x", [16, "x"]],
])("reads the layers %j", (text, layers) => {
  expect(layersOf(text)).toEqual(layers);
});
