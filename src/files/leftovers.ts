import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeDeadLock } from "./lock.js";
import { newTag, ownerOfTag } from "./processes.js";

/** <file>.<tag>.tmp, .draft: not finished. */
const UNFINISHED = /\.(?<tag>[0-9a-f]{8}-\d+-\d*-[0-9a-f]{8})\.(?:tmp|draft)$/;
const LOCK = /\.(?:lock|break)$/;
/** No file is written for so long, whatever the connection, but for drafts, which grow with their run. */
const ELSEWHERE_MILLISECONDS = 3_600_000;

/** Removes what processes left that are gone: unfinished files, and locks. */
export function removeLeftovers(folder: string): void {
  const names = readdirSync(folder);
  for (const name of names.filter((one) => LOCK.test(one))) removeDeadLock(join(folder, name));
  const elsewhere: string[] = [];
  for (const name of names) {
    const owner = ownerOfTag(UNFINISHED.exec(name)?.groups?.tag ?? "");
    if (owner === "ended") rmSync(join(folder, name), { force: true });
    if (owner === "elsewhere" && name.endsWith(".tmp")) elsewhere.push(name);
  }
  if (elsewhere.length > 0) removeOld(folder, elsewhere);
}

/** The file system's own clock says how old: the time it gives to a file of this moment. */
function removeOld(folder: string, names: readonly string[]): void {
  const probe = join(folder, `.probe.${newTag()}.tmp`);
  try {
    writeFileSync(probe, "");
    const now = statSync(probe).mtimeMs;
    for (const name of names) {
      const { mtimeMs = now } = statSync(join(folder, name), { throwIfNoEntry: false }) ?? {};
      if (now - mtimeMs > ELSEWHERE_MILLISECONDS) rmSync(join(folder, name), { force: true });
    }
  } finally {
    rmSync(probe, { force: true });
  }
}

/** The unfinished files of one that is about to be written anew by the process that has its lock. */
export function unfinishedOf(folder: string, name: string): string[] {
  return readdirSync(folder)
    .filter((one) => one.startsWith(`${name}.`) && UNFINISHED.test(one))
    .map((one) => join(folder, one));
}
