// Writes CIFAR-10's binary layout from folders of images:
//
//   node scripts/images-to-cifar10.js FOLDER OUT
//
// FOLDER/train/<class>/* and FOLDER/test/<class>/* are PNG, JPEG or WebP files of 32 × 32 pixels; the classes are the
// official ones. OUT gets cifar-10-batches-bin/. Images are taken class by class in turn, so every batch is balanced.
// The result is a copy, not the official files: rp-bench calls it "CIFAR-10 (unverified copy)".
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCanvas, loadImage } from "@napi-rs/canvas";

const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const SIDE = 32;

async function recordOf(label, path) {
  const image = await loadImage(path);
  if (image.width !== SIDE || image.height !== SIDE) {
    throw new Error(`${path}: is ${image.width} × ${image.height} pixels, not ${SIDE} × ${SIDE}`);
  }
  const context = createCanvas(SIDE, SIDE).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const record = new Uint8Array(1 + 3 * SIDE * SIDE);
  record[0] = label;
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < SIDE * SIDE; i++) record[1 + channel * SIDE * SIDE + i] = data[4 * i + channel];
  }
  return record;
}

/** Paths of a split, one of each class in turn. */
function pathsOf(folder) {
  const files = CLASSES.map((name) =>
    readdirSync(join(folder, name))
      .sort()
      .map((file) => join(folder, name, file)),
  );
  const longest = Math.max(...files.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) =>
    files.flatMap((paths, label) => (index < paths.length ? [{ label, path: paths[index] }] : [])),
  ).flat();
}

async function write(paths, file) {
  const records = [];
  for (const { label, path } of paths) records.push(await recordOf(label, path));
  writeFileSync(file, Buffer.concat(records));
}

const [folder, out] = process.argv.slice(2);
try {
  if (!folder || !out) throw new Error("usage: node scripts/images-to-cifar10.js FOLDER OUT");
  const target = join(out, "cifar-10-batches-bin");
  const train = pathsOf(join(folder, "train"));
  const test = pathsOf(join(folder, "test"));
  if (train.length < 5 || test.length < 1)
    throw new Error(`${folder}: needs at least 5 images to train and 1 to test`);
  mkdirSync(target, { recursive: true });
  for (let batch = 0; batch < 5; batch++) {
    const part = train.slice((batch * train.length) / 5, ((batch + 1) * train.length) / 5);
    await write(part, join(target, `data_batch_${batch + 1}.bin`));
  }
  await write(test, join(target, "test_batch.bin"));
  writeFileSync(join(target, "batches.meta.txt"), `${CLASSES.join("\n")}\n`);
  console.log(`wrote ${train.length} + ${test.length} images to ${target}`);
} catch (error) {
  console.error(`images-to-cifar10: ${error.message}`);
  process.exitCode = 2;
}
