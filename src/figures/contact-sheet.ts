import type { DatasetEntry } from "../data/catalogue.js";
import { loadCanvas } from "./charts/canvas.js";

/** Pixels of the sheet for each of an image's. */
const SCALE = 2;
const GAP = 4;
const COLUMNS = 10;

/**
 * Images side by side in rows of ten, as PNG. With reconstructions, each row of images has theirs below it.
 *
 * @param images values 0..1, each of the dataset's shape, channels one after the other
 */
export function drawContactSheet(
  entry: DatasetEntry,
  images: ArrayLike<number>[],
  reconstructions: ArrayLike<number>[] | null,
): Buffer {
  const [rows, columns] = entry.shape;
  const lines: ArrayLike<number>[][] = [];
  for (let first = 0; first < images.length; first += COLUMNS) {
    lines.push(images.slice(first, first + COLUMNS));
    if (reconstructions) lines.push(reconstructions.slice(first, first + COLUMNS));
  }
  const width = Math.min(COLUMNS, images.length) * (columns * SCALE + GAP) + GAP;
  const { createCanvas } = loadCanvas();
  const canvas = createCanvas(width, lines.length * (rows * SCALE + GAP) + GAP);
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  lines.forEach((line, y) => {
    line.forEach((image, x) => {
      const tile = createCanvas(columns, rows);
      const tileContext = tile.getContext("2d");
      const data = tileContext.createImageData(columns, rows);
      data.data.set(toPixels(entry, image));
      tileContext.putImageData(data, 0, 0);
      const left = GAP + x * (columns * SCALE + GAP);
      const top = GAP + y * (rows * SCALE + GAP);
      context.drawImage(tile, left, top, columns * SCALE, rows * SCALE);
    });
  });
  return canvas.toBuffer("image/png");
}

/** RGBA bytes; one channel is grey. */
function toPixels(
  { shape: [rows, columns, channels] }: DatasetEntry,
  image: ArrayLike<number>,
): Uint8ClampedArray {
  const count = rows * columns;
  const pixels = new Uint8ClampedArray(4 * count);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels[4 * i + channel] = 255 * image[i + (channels === 1 ? 0 : channel * count)];
    }
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}
