import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { RpBenchError } from "../errors.js";
import type { LogRow } from "../training/train.js";
import { isDirectory, jsonText, makeFolder, unwritable, writeFileAtomically } from "./files.js";
import { releaseLock, takeLock } from "./lock.js";
import { type Manifest, manifestConflict } from "./manifest.js";
import { readRunLog } from "./run-log.js";
import { type RunIdentity, runName } from "./run-name.js";
import { type RunRecord, readRunRecord } from "./run-record.js";

/** Where a benchmark's files go; see docs/format.md. One process at a time writes to a folder. */
export class ResultFolder {
  private constructor(readonly path: string) {}

  /**
   * Creates the folder, or opens one that holds results of the same configuration.
   *
   * @throws RpBenchError OUTPUT_CONFLICT for another configuration's results, other files or another process at work;
   * OUTPUT_UNWRITABLE
   */
  static open(path: string, manifest: Manifest): ResultFolder {
    const manifestPath = join(path, "manifest.json");
    const conflict = (what: string) =>
      new RpBenchError("OUTPUT_CONFLICT", `${path}: ${what}; choose another --out`);
    if (existsSync(manifestPath)) {
      const difference = manifestConflict(manifestPath, manifest);
      if (difference) throw conflict(`holds results of another configuration: ${difference}`);
    } else if (holdsOtherFiles(path)) {
      throw conflict("holds other files already");
    }
    const folder = new ResultFolder(path);
    try {
      makeFolder(join(path, "runs"));
      accessSync(join(path, "runs"), constants.W_OK);
      const owner = takeLock(folder.lockPath);
      if (owner !== null) throw conflict(`process ${owner} is writing to it (${folder.lockPath})`);
      try {
        if (!existsSync(manifestPath)) writeFileAtomically(manifestPath, jsonText(manifest));
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

  /** Lets another process write. */
  close(): void {
    releaseLock(this.lockPath);
  }

  /** A run's record and rows; null where either is missing or damaged. */
  read(run: RunIdentity): { record: RunRecord; rows: LogRow[] } | null {
    try {
      const record = readRunRecord(this.recordPath(run));
      return record && { record, rows: readRunLog(this.logPath(run)) };
    } catch {
      return null; // the run counts as not made; running it again replaces the files
    }
  }

  /** The record of a run that need not be made again; its parameters must be there where they are wanted. */
  finished(run: RunIdentity, wantsParameters: boolean): RunRecord | null {
    const { record, rows } = this.read(run) ?? {};
    if (record?.status === "diverged") return record;
    if (record?.status !== "done" || rows?.at(-1)?.step !== record.step) return null;
    return wantsParameters && !existsSync(this.parametersPath(run)) ? null : record;
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

/** Anything but what a folder that was just being made has. */
function holdsOtherFiles(path: string): boolean {
  if (!isDirectory(path)) return false;
  return readdirSync(path).some((name) => {
    if (name === "runs") return readdirSync(join(path, name)).length > 0;
    return name !== ".lock" && !/^manifest\.json\.\d+\.tmp$/.test(name);
  });
}
