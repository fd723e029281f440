import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isErrno, RpBenchError } from "../errors.js";
import { throughTemporary } from "./files.js";
import { releaseLock, takeLock } from "./lock.js";
import { pauseSync } from "./pause.js";

/** Another process has a file's lock for as long as a rename takes or, where it was killed, until that is noticed. */
const LOOKS = 1500;
const LOOK_MILLISECONDS = 20;

/**
 * Writes a whole file where none is: temporary name, flush, link. Of several processes that publish the same path, one
 * wins.
 *
 * @returns whether this one did
 */
export function publishFile(path: string, content: string | Uint8Array): boolean {
  return throughTemporary(path, content, (temporary) => {
    try {
      linkSync(temporary, path);
      return true;
    } catch (error) {
      if (isErrno(error, "EEXIST")) return false;
      return renameAlone(temporary, path); // the file system may have no links
    } finally {
      rmSync(temporary, { force: true });
    }
  });
}

/** The same without links: a rename would take the place of a file, so a lock keeps others from making one. */
function renameAlone(temporary: string, path: string): boolean {
  const lock = `${path}.lock`;
  for (let look = 0; look < LOOKS; look++) {
    if (existsSync(path)) return false;
    if (takeLock(lock) !== null) {
      pauseSync(LOOK_MILLISECONDS);
      continue;
    }
    try {
      if (existsSync(path)) return false;
      renameSync(temporary, path);
      return true;
    } finally {
      releaseLock(lock);
    }
  }
  throw new RpBenchError("WRITE_FAILED", `${path}: cannot be written (another process has ${lock})`);
}

/** Whether the file system of a folder has hard links. Where it has none, locks and files are made without. */
export function hasLinks(folder: string, name: string): boolean {
  const [from, to] = [`${folder}/${name}`, `${folder}/${name}-linked`];
  try {
    writeFileSync(from, "");
    linkSync(from, to);
    return true;
  } catch {
    return false;
  } finally {
    for (const path of [from, to]) rmSync(path, { force: true });
  }
}
