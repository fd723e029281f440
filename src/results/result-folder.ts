import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256Of } from "../checksum.js";
import { RpBenchError } from "../errors.js";
import { isDirectory, jsonText, makeFolder, unwritable, writing } from "../files/files.js";
import { removeLeftovers, unfinishedOf } from "../files/leftovers.js";
import { type Holder, holdsLock, releaseLock, takeLock } from "../files/lock.js";
import { conflict, LOCK_MILLISECONDS, requireFolder, takeFolder } from "../files/own-folder.js";
import { newTag } from "../files/processes.js";
import { publishFile } from "../files/publish.js";
import { CheckpointFile } from "./checkpoint-file.js";
import { textWithSum } from "./edited-text.js";
import { type Manifest, manifestConflict, otherFormat, readManifest } from "./manifest.js";
import type { LogRow } from "./run-log.js";
import { parseRunLog } from "./run-log.js";
import { type RunIdentity, runName } from "./run-name.js";
import { type RunRecord, readRunRecord } from "./run-record.js";

export interface LoadedRun {
  record: RunRecord;
  rows: LogRow[];
  /** Whether the log's line ends are not as they were written. */
  edited: boolean;
}

/** Where a benchmark's files go; see docs/format.md. */
export class ResultFolder {
  /** Read once: what goes from the folder meanwhile is complained of by other means. */
  private knownFormat: number | undefined;

  private constructor(readonly path: string) {}

  /**
   * Creates the folder, or opens one that holds results of the same configuration, for this process alone. A process
   * elsewhere that may be at work is looked at for a while, which `onWait` is told of.
   *
   * @throws RpBenchError OUTPUT_CONFLICT for another configuration's results, other files or another process at work;
   * OUTPUT_UNWRITABLE, INTERRUPTED
   */
  static open(
    path: string,
    manifest: Manifest,
    { signal, onWait }: { signal: AbortSignal; onWait(message: string): void },
  ): Promise<ResultFolder> {
    return ResultFolder.prepare(path, manifest, async (folder) => {
      await takeFolder(path, folder.lockPath, { signal, onWait });
    });
  }

  /** The same for several processes at a time; each run is then claimed before it is made. */
  static openShared(path: string, manifest: Manifest): Promise<ResultFolder> {
    return ResultFolder.prepare(path, manifest, async () => {});
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
    const other = otherFormat(manifestPath);
    if (other) throw other;
    const difference = manifestConflict(manifestPath, manifest);
    if (difference) throw conflict(path, `holds results of another configuration: ${difference}`);
  }

  private static async prepare(
    path: string,
    manifest: Manifest,
    enter: (folder: ResultFolder) => Promise<void>,
  ): Promise<ResultFolder> {
    const manifestPath = join(path, "manifest.json");
    ResultFolder.check(path, manifest);
    const folder = new ResultFolder(path);
    try {
      makeFolder(join(path, "runs"));
      accessSync(join(path, "runs"), constants.W_OK);
      for (const part of [path, join(path, "runs")]) removeLeftovers(part);
      await enter(folder);
      try {
        if (!existsSync(manifestPath) && !publishFile(manifestPath, jsonText(manifest)))
          ResultFolder.check(path, manifest);
      } catch (error) {
        folder.close();
        throw error;
      }
    } catch (error) {
      const known = error instanceof RpBenchError && ["OUTPUT_CONFLICT", "INTERRUPTED"].includes(error.code);
      if (known) throw error;
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
   * To be called before each write of a process that has the folder alone.
   *
   * @throws RpBenchError OUTPUT_CONFLICT where another took it, as it may while this process stands still
   */
  requireOwn(): void {
    requireFolder(this.path, this.lockPath);
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
    if (runName(record) !== runName(run)) {
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

  /** Takes a run for this process; who has it, or null. */
  claim(run: RunIdentity): Holder | null {
    return takeLock(this.runPath(run, "lock"));
  }
  release(run: RunIdentity): void {
    releaseLock(this.runPath(run, "lock"));
  }

  /** Where the process that has claimed a run writes its log before it is published; another path at each call. */
  newDraft(run: RunIdentity): string {
    return `${this.logPath(run)}.${newTag()}.draft`;
  }

  /** The draft of a claimed run that another process has left. */
  draftLeft(run: RunIdentity): string | undefined {
    return this.unfinished(run).findLast((path) => path.endsWith(".draft"));
  }

  /** A run's checkpoint, for the process that has claimed the run or has the folder alone. */
  checkpoint(run: RunIdentity): CheckpointFile {
    const isOwn = () => holdsLock(this.runPath(run, "lock")) || holdsLock(this.lockPath);
    return new CheckpointFile(this.runPath(run, "checkpoint"), isOwn);
  }

  /** Removes what is left of a claimed run that was not finished, but for its checkpoint. */
  clear(run: RunIdentity): void {
    writing(this.recordPath(run), () => {
      for (const path of [this.recordPath(run), this.logPath(run), ...this.unfinished(run)])
        rmSync(path, { force: true });
    });
  }

  /**
   * Gives a claimed run's log and record their names, the record last: a run without one is not finished. If another
   * process was first, what it published stays.
   *
   * @returns false, and nothing is written, where another process took the claim while this one stood still
   */
  publish(run: RunIdentity, record: RunRecord, draft: string): boolean {
    if (!holdsLock(this.runPath(run, "lock"))) return false;
    const path = this.logPath(run);
    if (!existsSync(this.recordPath(run))) {
      writing(path, () => renameSync(draft, path));
      publishFile(this.recordPath(run), jsonText(record));
    }
    rmSync(draft, { force: true });
    return true;
  }

  /** What tells a record from another that takes its place, and from none. */
  recordVersion(run: RunIdentity): string | undefined {
    return versionOf(this.recordPath(run));
  }

  /** The same of every record in the folder, by the names of their runs. */
  recordVersions(): Map<string, string> {
    const runs = join(this.path, "runs");
    const names = readdirSync(runs).filter((name) => name.endsWith(".json"));
    return new Map(
      names.flatMap((name) => {
        const version = versionOf(join(runs, name));
        return version === undefined ? [] : [[name.slice(0, -".json".length), version]];
      }),
    );
  }

  /** Names of the runs that have a record. */
  recordedNames(): string[] {
    const names = readdirSync(join(this.path, "runs")).filter((name) => name.endsWith(".json"));
    return names.map((name) => name.slice(0, -".json".length));
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

  /** Of the program that made the folder: its tables stay as they were begun. */
  get formatVersion(): number {
    this.knownFormat ??= readManifest(join(this.path, "manifest.json")).formatVersion;
    return this.knownFormat;
  }

  private unfinished(run: RunIdentity): string[] {
    return unfinishedOf(join(this.path, "runs"), runName(run));
  }

  private runPath(run: RunIdentity, extension: string): string {
    return join(this.path, "runs", `${runName(run)}.${extension}`);
  }

  private get lockPath(): string {
    return join(this.path, ".lock");
  }
}

/** Every record is written as a file of its own; its time is compared with itself alone. */
function versionOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && [stat.ino, stat.mtimeNs, stat.size].join(" ");
}

/** Anything but what a folder that was just being made has. */
function holdsOtherFiles(path: string): boolean {
  if (!isDirectory(path)) return false;
  return readdirSync(path).some((name) => {
    if (name === "runs") return readdirSync(join(path, name)).length > 0;
    return !/^(\.lock|manifest\.json|\.probe)(\..*)?$/.test(name);
  });
}
