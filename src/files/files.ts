import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { isErrno, messageOf, RpBenchError } from "../errors.js";
import { parseJson } from "../json.js";
import { newTag } from "./processes.js";

/** Writes a whole file: temporary name, flush, rename. It is either the old one or all of the new one. */
export function writeFileAtomically(path: string, content: string | Uint8Array): void {
  throughTemporary(path, content, (temporary) => renameSync(temporary, path));
}

/** The temporary file, flushed, goes to `place`, and away again if anything fails. */
export function throughTemporary<T>(
  path: string,
  content: string | Uint8Array,
  place: (temporary: string) => T,
): T {
  const temporary = `${path}.${newTag()}.tmp`;
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  let opened = false;
  try {
    const file = openSync(temporary, "wx");
    opened = true;
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return place(temporary);
  } catch (error) {
    if (opened) rmSync(temporary, { force: true });
    throw error instanceof RpBenchError ? error : writeFailed(path, error);
  }
}

/** Runs what writes to `path`; a failure becomes WRITE_FAILED. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw error instanceof RpBenchError ? error : writeFailed(path, error);
  }
}

/**
 * Whether a file that a flag names can be written at the end of long work; known before it.
 *
 * @throws RpBenchError OUTPUT_UNWRITABLE
 */
export function requireWritable(flag: string, path: string): void {
  try {
    if (path === "" || isDirectory(path)) throw new Error("it must name a file");
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    const message = `${flag}: ${path || "an empty text"} cannot be written (${messageOf(error)})`;
    throw new RpBenchError("OUTPUT_UNWRITABLE", message, { cause: error });
  }
}

/** Waits until a file's bytes are on the disk. */
export function flush(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeFailed(path: string, error: unknown): RpBenchError {
  const remedy = isFull(error) ? "; free the disk, the same command then goes on" : "";
  const message = `${path}: cannot be written (${messageOf(error)})${remedy}`;
  return new RpBenchError("WRITE_FAILED", message, { cause: error });
}

/** Whether a write failed, or an error stands for one that failed, for want of room. */
function isFull(error: unknown): boolean {
  if (error instanceof RpBenchError) return isFull(error.cause);
  return isErrno(error, "ENOSPC") || isErrno(error, "EDQUOT");
}

/** @param flag what names another place */
export function unwritable(path: string, error: unknown, flag = "--out"): RpBenchError {
  if (error instanceof RpBenchError && isFull(error)) return error; // another place is not what it takes
  const message = `${path}: cannot be written (${messageOf(error)}); choose another ${flag}`;
  return new RpBenchError("OUTPUT_UNWRITABLE", message, { cause: error });
}

/**
 * Makes a folder and those above it. Not mkdirSync's own recursion, which never ends where a parent cannot be made
 * though it does not exist (/proc, a working directory that was deleted).
 */
export function makeFolder(path: string): void {
  if (isDirectory(path)) return;
  try {
    mkdirSync(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isErrno(error, "ENOENT") || isDirectory(parent)) throw error;
    if (parent === path) throw error;
    makeFolder(parent);
    mkdirSync(path);
  }
}

/** false also where a part of the path is no folder. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** What a JSON file holds. @throws RpBenchError DATA_CORRUPT */
export function readJson(path: string): unknown {
  const damaged = (what: string, cause: unknown) =>
    new RpBenchError("DATA_CORRUPT", `${path}: ${what}`, { cause });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw damaged(`cannot be read (${messageOf(error)})`, error);
  }
  try {
    return parseJson(bytes);
  } catch (error) {
    throw damaged(messageOf(error), error);
  }
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
