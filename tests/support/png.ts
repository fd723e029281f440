import { createCanvas, loadImage } from "@napi-rs/canvas";

export interface Picture {
  width: number;
  height: number;
  /** Pixels close to a colour #rrggbb, inside the box given in fractions of the picture. */
  count(color: string, box?: { left: number; right: number; top: number; bottom: number }): number;
}

export async function readPicture(path: string): Promise<Picture> {
  const image = await loadImage(path);
  const { width, height } = image;
  const context = createCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return {
    width,
    height,
    count(color, { left, right, top, bottom } = { left: 0, right: 1, top: 0, bottom: 1 }) {
      const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
      let count = 0;
      for (let y = Math.floor(top * height); y < bottom * height; y++) {
        for (let x = Math.floor(left * width); x < right * width; x++) {
          const at = 4 * (y * width + x);
          if (wanted.every((value, channel) => Math.abs(data[at + channel] - value) <= 8)) count++;
        }
      }
      return count;
    },
  };
}

/** Whether nothing but white is at the edges of a figure: no label is clipped. */
export function hasBlankEdges({ width, height, count }: Picture): boolean {
  return [
    { left: 0, right: 0.005, top: 0, bottom: 1 },
    { left: 0.995, right: 1, top: 0, bottom: 1 },
    { left: 0, right: 1, top: 0, bottom: 0.005 },
    { left: 0, right: 1, top: 0.995, bottom: 1 },
  ].every((edge) => {
    const columns = Math.ceil(edge.right * width) - Math.floor(edge.left * width);
    const rows = Math.ceil(edge.bottom * height) - Math.floor(edge.top * height);
    return count("#ffffff", edge) === columns * rows;
  });
}
