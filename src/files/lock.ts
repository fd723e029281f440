// A lock is a file that names the process that has it. Of processes of this host and container the system tells whether
// they run. Of others nothing can be asked, so the holder writes a number of beats into the file, and one whose number
// does not change is gone. Nobody's clock is compared with anybody's: the looker counts its own looks.

import {
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { sha256Of } from "../checksum.js";
import { isErrno, messageOf, RpBenchError } from "../errors.js";
import { BEAT_DIGITS, BEAT_MILLISECONDS, beatOn, stopBeating } from "../pulse.js";
import { writing } from "./files.js";
import { pauseSync } from "./pause.js";
import { isLocal, isRunning, nameOf, newTag, type ProcessIdentity, self } from "./processes.js";

/** Who has a lock. */
export interface Holder {
  /** In words. */
  name: string;
  /** False where it is elsewhere and has not been seen to beat yet: to be looked at again. */
  alive: boolean;
}

/** A lock without a beat for so long, while it was looked at, is nobody's. */
export const STALE_MILLISECONDS = 10 * BEAT_MILLISECONDS;
/** A look counts for no longer: who looks may have been stopped, and the holder with it. */
const LOOK_MILLISECONDS = 1000;
/** A lock that is not written in full is looked at for so long. It is being written, or a loss of power cut it. */
const WRITING_MILLISECONDS = 1000;
/** Times that a lock may come and go under one call. */
const ATTEMPTS = 1000;
/** Locks on removing a lock on removing a lock: as many killed processes in a row as this is deep. */
const DEPTH = 8;

/** The first line of this process's locks; a number of beats follows. */
const HEAD = `${JSON.stringify(self)}\n`;
const held = new Set<string>();
/** Locks of processes elsewhere, as they were last seen. */
const watched = new Map<string, { text: string; beating: boolean; looked: number; unchanged: number }>();

/**
 * Takes a lock.
 *
 * @returns null, or who has it
 * @throws RpBenchError OUTPUT_CONFLICT where something else has its name, or it cannot be removed though it is
 * nobody's; WRITE_FAILED
 */
export function takeLock(path: string): Holder | null {
  const holder = take(path, path, 0);
  if (holder === null) beatOn(path, HEAD);
  return holder;
}

/** Gives back a lock that this process has. */
export function releaseLock(path: string): void {
  stopBeating(path);
  release(path);
}

/** Whether this process still has a lock that it took: while it stood still, another may have taken it for gone. */
export function holdsLock(path: string): boolean {
  return read(path)?.startsWith(HEAD) ?? false;
}

/** Removes a lock whose process has ended. */
export function removeDeadLock(path: string): void {
  const text = read(path);
  if (text !== null && judge(path, text) === null) remove(path, text, path, 0);
}

/** @param first the lock for whose sake this one is taken */
function take(path: string, first: string, depth: number): Holder | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const text = read(path);
    if (text === null) {
      if (create(path)) return null;
      continue;
    }
    const holder = judge(path, text) ?? remove(path, text, first, depth);
    if (holder !== null) return holder;
  }
  throw new RpBenchError("OUTPUT_CONFLICT", `${path}: came and went ${ATTEMPTS} times; try again`);
}

function release(path: string): void {
  held.delete(path);
  if (holdsLock(path)) rmSync(path, { force: true });
}

/** Whether the lock was made; it appears whole, by a link, where the file system has links. */
function create(path: string): boolean {
  const content = `${HEAD}${"0".repeat(BEAT_DIGITS)}\n`;
  const draft = `${path}.${newTag()}.tmp`;
  try {
    writing(path, () => writeFileSync(draft, content, { flag: "wx" }));
    linkSync(draft, path);
  } catch (error) {
    if (error instanceof RpBenchError) throw error;
    // A network file system may have made the link, lost its answer and asked for it again.
    if (isErrno(error, "EEXIST")) return !held.has(path) && holdsLock(path) && had(path);
    return createAlone(path, content);
  } finally {
    rmSync(draft, { force: true });
  }
  return had(path);
}

/** The same without links, as on exFAT and some network drives: for a moment it is there and empty. */
function createAlone(path: string, content: string): boolean {
  return writing(path, () => {
    try {
      const file = openSync(path, "wx");
      try {
        writeSync(file, content);
      } catch (error) {
        rmSync(path, { force: true }); // the disk is full
        throw error;
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (isErrno(error, "EEXIST")) return false;
      throw error;
    }
    return holdsLock(path) && had(path); // unless another took the empty file for nobody's
  });
}

function had(path: string): true {
  held.add(path);
  watched.delete(path);
  return true;
}

/** Who has a lock with this content; null where it is nobody's. */
function judge(path: string, text: string): Holder | null {
  const owner = ownerOf(text);
  if (!owner) return writtenMeanwhile(path, text) ? { name: "another process", alive: true } : null;
  if (isLocal(owner)) return isRunning(owner) ? { name: nameOf(owner, true), alive: true } : null;
  const before = watched.get(path);
  const now = performance.now();
  const known = before?.text.split("\n")[0] === text.split("\n")[0] ? before : undefined;
  const unchanged =
    known?.text === text ? known.unchanged + Math.min(now - known.looked, LOOK_MILLISECONDS) : 0;
  const beating = known !== undefined && (known.beating || known.text !== text);
  watched.set(path, { text, beating, looked: now, unchanged });
  if (unchanged >= STALE_MILLISECONDS) return null;
  return { name: nameOf(owner, false), alive: beating };
}

function ownerOf(text: string): ProcessIdentity | null {
  const [head, , end] = text.split("\n");
  if (end === undefined) return null; // not written in full
  try {
    const { host, boot, namespace, pid, started, token } = JSON.parse(head ?? "");
    return { host, boot, namespace, pid, started, token };
  } catch {
    return null;
  }
}

/** Whether a lock that is not written in full changes within a while. */
function writtenMeanwhile(path: string, text: string): boolean {
  const wait = 20;
  for (let waited = 0; waited < WRITING_MILLISECONDS; waited += wait) {
    if (read(path) !== text) return true;
    pauseSync(wait);
  }
  return false;
}

/**
 * Removes a lock that is nobody's. Two processes that do so must not remove what one of them has made since, so there is
 * a lock for that too, named by what is to be removed.
 *
 * @returns null, or who is doing so
 */
function remove(path: string, text: string, first: string, depth: number): Holder | null {
  if (depth === DEPTH) throw unremovable(path, text, "others were killed while they did so");
  const breaker = `${first}.${sha256Of(Buffer.from(text)).slice(0, 16)}.break`;
  const holder = take(breaker, first, depth + 1);
  if (holder !== null) return holder;
  try {
    if (read(path) === text) unlinkSync(path); // rmSync would name the error of a second try
    return null;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw unremovable(path, text, messageOf(error));
  } finally {
    release(breaker);
  }
}

function unremovable(path: string, text: string, why: string): RpBenchError {
  const owner = ownerOf(text);
  const whose = owner ? `${nameOf(owner, isLocal(owner))}, which is gone` : "a process that is gone";
  return new RpBenchError("OUTPUT_CONFLICT", `${path}: is left of ${whose}, and cannot be removed (${why})`);
}

/** @throws RpBenchError OUTPUT_CONFLICT for a link, which may lead nowhere, a folder, a pipe */
function read(path: string): string | null {
  try {
    if (!lstatSync(path).isFile()) {
      throw new RpBenchError("OUTPUT_CONFLICT", `${path}: is not a file, as a lock must be; remove it`);
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}
