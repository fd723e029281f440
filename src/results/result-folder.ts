import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256Of } from "../checksum.js";
import { RpBenchError } from "../errors.js";
import {
  isDirectory,
  jsonText,
  makeFolder,
  publishFile,
  removeLeftovers,
  unwritable,
  writing,
} from "../files/files.js";
import { releaseLock, takeLock } from "../files/lock.js";
import { textWithSum } from "./edited-text.js";
import { type Manifest, manifestConflict } from "./manifest.js";
import type { LogRow } from "./run-log.js";
import { parseRunLog } from "./run-log.js";
import { type RunIdentity, runName } from "./run-name.js";
import { type RunRecord, readRunRecord } from "./run-record.js";

/** A lock that another process has is looked at again after so long. */
const LOCK_MILLISECONDS = 200;

export interface LoadedRun {
  record: RunRecord;
  rows: LogRow[];
  /** Whether the log's line ends are not as they were written. */
  edited: boolean;
}

/** Where a benchmark's files go; see docs/format.md. */
export class ResultFolder {
  private constructor(readonly path: string) {}

  /**
   * Creates the folder, or opens one that holds results of the same configuration, for this process alone.
   *
   * @throws RpBenchError OUTPUT_CONFLICT for another configuration's results, other files or another process at work;
   * OUTPUT_UNWRITABLE
   */
  static open(path: string, manifest: Manifest): ResultFolder {
    return ResultFolder.prepare(path, manifest, (folder) => {
      const owner = takeLock(folder.lockPath);
      if (owner !== null) throw conflict(path, `process ${owner} is writing to it (${folder.lockPath})`);
    });
  }

  /** The same for several processes at a time; each run is then claimed before it is made. */
  static openShared(path: string, manifest: Manifest): ResultFolder {
    return ResultFolder.prepare(path, manifest, () => {});
  }

  /** A folder that another process of this program has opened. */
  static of(path: string): ResultFolder {
    return new ResultFolder(path);
  }

  /** @throws RpBenchError OUTPUT_CONFLICT where runs under this manifest must not go into the folder. */
  static check(path: string, manifest: Manifest): void {
    const manifestPath = join(path, "manifest.json");
    if (!existsSync(manifestPath)) {
      if (!holdsOtherFiles(path)) return;
      // Unless another process made it just now.
      if (!existsSync(manifestPath)) throw conflict(path, "holds other files already");
    }
    const difference = manifestConflict(manifestPath, manifest);
    if (difference) throw conflict(path, `holds results of another configuration: ${difference}`);
  }

  private static prepare(
    path: string,
    manifest: Manifest,
    enter: (folder: ResultFolder) => void,
  ): ResultFolder {
    const manifestPath = join(path, "manifest.json");
    ResultFolder.check(path, manifest);
    const folder = new ResultFolder(path);
    try {
      makeFolder(join(path, "runs"));
      accessSync(join(path, "runs"), constants.W_OK);
      for (const part of [path, join(path, "runs")]) removeLeftovers(part);
      enter(folder);
      try {
        if (!existsSync(manifestPath) && !publishFile(manifestPath, jsonText(manifest)))
          ResultFolder.check(path, manifest);
      } catch (error) {
        folder.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof RpBenchError && error.code === "OUTPUT_CONFLICT") throw error;
      throw unwritable(path, error);
    }
    return folder;
  }

  /** Waits until no other process does the same in this folder, then does it. */
  async alone(work: () => Promise<void>): Promise<void> {
    while (takeLock(this.lockPath) !== null) await sleep(LOCK_MILLISECONDS);
    try {
      await work();
    } finally {
      this.close();
    }
  }

  /** Lets another process write. */
  close(): void {
    releaseLock(this.lockPath);
  }

  /**
   * A run's record and rows; null where there is no record.
   *
   * @throws RpBenchError DATA_CORRUPT where they are damaged or do not belong together
   */
  load(run: RunIdentity): LoadedRun | null {
    const path = this.logPath(run);
    const record = readRunRecord(this.recordPath(run));
    if (!record) return null;
    const { dataset, label, learningRate, seed } = record;
    if (runName({ dataset, label, learningRate, seed }) !== runName(run)) {
      throw new RpBenchError("DATA_CORRUPT", `${this.recordPath(run)}: is the record of another run`);
    }
    if (!existsSync(path)) throw new RpBenchError("DATA_CORRUPT", `${path}: is missing beside its record`);
    const log = textWithSum(readFileSync(path), record.logSha256);
    if (!log) {
      throw new RpBenchError("DATA_CORRUPT", `${path}: is not the log that its record was written for`);
    }
    return { record, rows: parseRunLog(log.text, path), edited: log.edited };
  }

  /** The same, where damaged runs count as not made: running them again replaces the files. */
  read(run: RunIdentity): LoadedRun | null {
    try {
      return this.load(run);
    } catch {
      return null;
    }
  }

  /** A run that need not be made again; its parameters must be there where they are wanted. */
  finished(run: RunIdentity, wantsParameters = false): LoadedRun | null {
    const there = this.read(run);
    if (there?.record.status === "diverged") return there;
    if (there?.record.status !== "done" || there.rows.at(-1)?.step !== there.record.step) return null;
    return wantsParameters && !this.hasParameters(run, there.record) ? null : there;
  }

  /** Whether a run's parameters are there and, as far as its record tells, those that it ended with. */
  hasParameters(run: RunIdentity, { parametersSha256 }: RunRecord): boolean {
    const path = this.parametersPath(run);
    if (!existsSync(path)) return false;
    return parametersSha256 === null || sha256Of(readFileSync(path)) === parametersSha256;
  }

  /** Takes a run for this process; the number of the live process that has it, or null. */
  claim(run: RunIdentity): number | null {
    return takeLock(this.runPath(run, "lock"));
  }
  release(run: RunIdentity): void {
    releaseLock(this.runPath(run, "lock"));
  }

  /** Where the process that has claimed a run writes its log before it is published. */
  draftPath(run: RunIdentity): string {
    return `${this.logPath(run)}.draft`;
  }

  /** Removes what is left of a claimed run that was not finished. */
  clear(run: RunIdentity): void {
    const paths = [this.recordPath(run), this.logPath(run), this.draftPath(run)];
    writing(paths[0], () => {
      for (const path of paths) rmSync(path, { force: true });
    });
  }

  /**
   * Gives a claimed run's log and record their names, the record last: a run without one is not finished. If another
   * process was first, what it published stays.
   */
  publish(run: RunIdentity, record: RunRecord): void {
    const [draft, path] = [this.draftPath(run), this.logPath(run)];
    if (!existsSync(this.recordPath(run))) {
      writing(path, () => {
        rmSync(path, { force: true });
        linkSync(draft, path);
      });
      publishFile(this.recordPath(run), jsonText(record));
    }
    rmSync(draft, { force: true });
  }

  /** Moves a damaged run's files out of the way; returns their new names. */
  setAside(run: RunIdentity): string[] {
    return [this.recordPath(run), this.logPath(run)].filter(existsSync).map((path) => {
      const aside = `${path}.damaged`;
      writing(aside, () => renameSync(path, aside));
      return aside;
    });
  }

  logPath(run: RunIdentity): string {
    return this.runPath(run, "csv");
  }
  recordPath(run: RunIdentity): string {
    return this.runPath(run, "json");
  }
  parametersPath(run: RunIdentity): string {
    return this.runPath(run, "safetensors");
  }
  get summaryPath(): string {
    return join(this.path, "summary.csv");
  }

  private runPath(run: RunIdentity, extension: string): string {
    return join(this.path, "runs", `${runName(run)}.${extension}`);
  }

  private get lockPath(): string {
    return join(this.path, ".lock");
  }
}

/** Why a folder is refused. */
export function conflict(path: string, what: string): RpBenchError {
  return new RpBenchError("OUTPUT_CONFLICT", `${path}: ${what}; choose another --out`);
}

/** Anything but what a folder that was just being made has. */
function holdsOtherFiles(path: string): boolean {
  if (!isDirectory(path)) return false;
  return readdirSync(path).some((name) => {
    if (name === "runs") return readdirSync(join(path, name)).length > 0;
    return !/^(\.lock(\.\d+(\.stale)?)?|manifest\.json(\.\d+\.tmp)?)$/.test(name);
  });
}
