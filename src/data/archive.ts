import { createReadStream } from "node:fs";
import { basename, isAbsolute, normalize } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { messageOf, RpBenchError } from "../errors.js";
import type { DatasetEntry } from "./catalogue.js";

/** A file or archive this many times as long as the known one is not read: its length may be a trap. */
export const MOST_TIMES_USUAL = 4;
/** For an archive's own words on its files, and what comes with them. */
const ROOM_BYTES = 2 ** 20;

/** Whatever else an archive holds is skipped, but a few megabytes can be made to unpack to no end of them. */
async function* atMost(bytes: AsyncIterable<Uint8Array>, { files }: DatasetEntry): AsyncIterable<Uint8Array> {
  const most = MOST_TIMES_USUAL * files.reduce((sum, { bytes: usual }) => sum + usual, ROOM_BYTES);
  let read = 0;
  for await (const chunk of bytes) {
    read += chunk.length;
    if (read > most)
      throw new Error(`it unpacks to more than ${most} bytes, ${MOST_TIMES_USUAL} times the usual`);
    yield chunk;
  }
}

/**
 * Reads a gzipped tar archive as a stream and hands over the dataset's files in it, one at a time.
 *
 * @throws RpBenchError DATA_CORRUPT for a cut or damaged archive, a path that climbs out of its folder, a file missing
 */
export async function readArchive(
  path: string,
  entry: DatasetEntry,
  onFile: (name: string, bytes: Uint8Array) => void,
): Promise<void> {
  const missing = new Set(entry.files.map(({ name }) => name));
  const unpack = extract();
  unpack.on("entry", (header, stream, next) => {
    stream.on("error", () => undefined); // the archive's own error says it
    if (isAbsolute(header.name) || normalize(header.name).split("/")[0] === "..") {
      unpack.destroy(new Error(`it holds the path ${header.name}, which leads out of its folder`));
      return;
    }
    const name = basename(header.name);
    if (header.type !== "file" || !missing.has(name)) {
      stream.on("end", next).resume();
      return;
    }
    const { bytes: usual = 0 } = entry.files.find((file) => file.name === name) ?? {};
    if ((header.size ?? 0) > MOST_TIMES_USUAL * usual) {
      unpack.destroy(new Error(`its ${name} claims ${header.size} bytes, where ${usual} are usual`));
      return;
    }
    const chunks: Uint8Array[] = [];
    stream.on("data", (chunk) => chunks.push(chunk as Uint8Array));
    stream.on("end", () => {
      try {
        onFile(name, Buffer.concat(chunks));
        missing.delete(name);
        next();
      } catch (error) {
        unpack.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), (bytes) => atMost(bytes, entry), unpack);
  } catch (error) {
    if (error instanceof RpBenchError) throw error;
    const message = `${path}: not a whole archive (${messageOf(error)}); replace the file`;
    throw new RpBenchError("DATA_CORRUPT", message, { cause: error });
  }
  if (missing.size > 0) {
    throw new RpBenchError("DATA_CORRUPT", `${path}: has no file ${[...missing].join(", ")}; replace it`);
  }
}
