// scripts/images-to-cifar10.js: images in folders become the official layout, read back pixel for pixel.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCanvas } from "@napi-rs/canvas";
import { expect, it } from "vitest";
import { CATALOGUE } from "../../src/data/catalogue.js";
import { loadFrom } from "../../src/data/load.js";
import { filesIn } from "../../src/data/locate.js";
import { root, temporaryFolder } from "../support/cli.js";

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, "scripts", "images-to-cifar10.js"), ...args], { encoding: "utf8" });

function square(side: number, red: number, green: number, blue: number): Buffer {
  const canvas = createCanvas(side, side);
  const context = canvas.getContext("2d");
  context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
  context.fillRect(0, 0, side, side);
  context.fillStyle = "#ffffff";
  context.fillRect(3, 5, 1, 1); // column 3, row 5
  return canvas.toBuffer("image/png");
}

it("writes what the reader reads", async () => {
  const folder = temporaryFolder();
  CATALOGUE.cifar10.classes.forEach((name, label) => {
    for (const [split, count] of [
      ["train", 2],
      ["test", 1],
    ] as const) {
      mkdirSync(join(folder, split, name), { recursive: true });
      for (let i = 0; i < count; i++)
        writeFileSync(join(folder, split, name, `${i}.png`), square(32, label, 100 + i, 200));
    }
  });
  const { status, stdout } = run(folder, join(folder, "out"));
  expect([status, stdout]).toEqual([
    0,
    `wrote 20 + 10 images to ${join(folder, "out", "cifar-10-batches-bin")}\n`,
  ]);
  const found = filesIn(join(folder, "out"), CATALOGUE.cifar10);
  if (!found) throw new Error("nothing written");
  const { train, test } = await loadFrom(CATALOGUE.cifar10, {
    ...found,
    folder,
    origin: "test",
    strict: false,
  });
  expect(Array.from(train.labels ?? [])).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]);
  expect(test.count).toBe(10);
  const image = train.pixels.subarray(14 * 3072, 15 * 3072); // the second of class 4
  expect([image[0], image[1024], image[2048]]).toEqual([4, 101, 200]);
  expect([image[5 * 32 + 3], image[1024 + 5 * 32 + 3], image[5 * 32 + 4]]).toEqual([255, 255, 4]);
  expect(readFileSync(join(folder, "out", "cifar-10-batches-bin", "batches.meta.txt"), "utf8")).toMatch(
    /^airplane\n/,
  );
});

it("names an image of another size, and a missing class", () => {
  const folder = temporaryFolder();
  expect(run(folder, folder).stderr).toMatch(/images-to-cifar10: ENOENT.*train/);
  for (const name of CATALOGUE.cifar10.classes) {
    for (const split of ["train", "test"]) {
      mkdirSync(join(folder, split, name), { recursive: true });
      writeFileSync(join(folder, split, name, "0.png"), square(16, 1, 2, 3));
    }
  }
  const { status, stderr } = run(folder, join(folder, "out"));
  expect(status).toBe(2);
  expect(stderr).toMatch(/0\.png: is 16 × 16 pixels, not 32 × 32\n$/);
  expect(run().stderr).toContain("usage: ");
});
