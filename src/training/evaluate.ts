import { scaleImages } from "../data/batches.js";
import type { Images } from "../data/load.js";
import type { TrainingSession } from "../engines/engine.js";
import type { Pause } from "./pause.js";

/** Rows evaluated between two chances to yield. */
const CHUNK = 100;

/** The mean loss over a whole split. `pause` is awaited between chunks and may throw to stop. */
export async function evaluateImages(
  session: TrainingSession,
  images: Images,
  pause: Pause,
): Promise<number> {
  const buffer = new Float32Array(CHUNK * images.size);
  let sum = 0;
  for (let first = 0; first < images.count; first += CHUNK) {
    const indices = Array.from({ length: Math.min(CHUNK, images.count - first) }, (_, row) => first + row);
    scaleImages(images, indices, buffer);
    const rows = indices.length;
    sum += (await session.evaluate(buffer.subarray(0, rows * images.size))) * rows;
    await pause();
  }
  return sum / images.count;
}
