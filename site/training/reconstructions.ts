// The first test images, and below them what each network makes of them.

import type { Images } from "../../src/data/load.js";
import { create } from "../dom.js";
import { type Loaded, splitsOf } from "./images.js";
import type { Run } from "./run.js";
import { SHOWN } from "./schedule.js";

export class Reconstructions {
  private readonly strips = new Map<string, HTMLCanvasElement>();
  private rows = 1;
  private columns = 1;

  constructor(private readonly place: HTMLElement) {}

  /** Begins anew, with the images alone. */
  begin({ images, rows, columns }: Loaded, runs: readonly Run[]): void {
    [this.rows, this.columns] = [rows, columns];
    this.strips.clear();
    this.place.replaceChildren();
    this.paint(this.strip("test images", "test images"), firstOf(splitsOf(images).test));
    for (const run of runs) this.strip(run.choice.preset.label, run.choice.preset.title);
  }

  draw(runs: readonly Run[]): void {
    for (const { choice, shown } of runs) {
      const canvas = this.strips.get(choice.preset.label);
      if (canvas && shown.length > 0) this.paint(canvas, shown);
    }
  }

  private strip(label: string, title: string): HTMLCanvasElement {
    const canvas = create("canvas", {
      ...{ width: String(SHOWN * (this.columns + 1) - 1), height: String(this.rows), role: "img" },
      "aria-label": label === title ? "The first test images" : `What ${title} makes of them`,
    });
    this.place.append(create("figure", { class: "strip" }, create("figcaption", {}, title), canvas));
    this.strips.set(label, canvas);
    return canvas;
  }

  private paint(canvas: HTMLCanvasElement, images: readonly ArrayLike<number>[]): void {
    const context = canvas.getContext("2d");
    if (!context) return;
    images.forEach((image, index) => {
      const picture = context.createImageData(this.columns, this.rows);
      for (let pixel = 0; pixel < image.length; pixel++) {
        picture.data.fill(image[pixel], 4 * pixel, 4 * pixel + 3);
        picture.data[4 * pixel + 3] = 255;
      }
      context.putImageData(picture, index * (this.columns + 1), 0);
    });
  }
}

function firstOf({ count, size, pixels }: Images): Uint8Array[] {
  return Array.from({ length: Math.min(SHOWN, count) }, (_, index) =>
    pixels.subarray(index * size, (index + 1) * size),
  );
}
