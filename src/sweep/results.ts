import { copyFileSync } from "node:fs";
import { RpBenchError } from "../errors.js";
import { writing } from "../output/files.js";
import type { LoadedRun, ResultFolder } from "../output/result-folder.js";
import { type RunIdentity, runName } from "../output/run-name.js";
import type { ReusableRuns } from "./reuse.js";

/** The results of a study's folder, read as they appear, whoever made them. */
export class StudyResults {
  private readonly loaded = new Map<string, LoadedRun>();
  /** Failed and timed out by this command; those of earlier ones are tried again. */
  private readonly failed = new Set<string>();

  constructor(
    private readonly folder: ResultFolder,
    private readonly warn: (message: string) => void,
    /** Where else a run may have been made. */
    private readonly reuse: ReusableRuns = () => null,
  ) {}

  /** A run's result, if it is one that need not be made again. */
  of(run: RunIdentity): LoadedRun | undefined {
    const name = runName(run);
    const known = this.loaded.get(name);
    if (known) return known;
    const result = this.read(run) ?? this.takeOver(run);
    if (!result) return undefined;
    const { status } = result.record;
    if (status !== "done" && status !== "diverged" && !this.failed.has(name)) return undefined;
    this.loaded.set(name, result);
    return result;
  }

  /** Makes a run's failure count as its result for as long as this command runs. */
  countFailure(run: RunIdentity): void {
    this.failed.add(runName(run));
  }

  /** Copies a run that another folder has. */
  private takeOver(run: RunIdentity): LoadedRun | null {
    const source = this.reuse(run);
    if (!source || this.folder.claim(run) !== null) return null;
    try {
      if (this.folder.finished(run, false)) return this.read(run);
      this.folder.clear(run);
      const draft = this.folder.draftPath(run);
      writing(draft, () => copyFileSync(source.logPath, draft));
      this.folder.publish(run, source.record);
    } finally {
      this.folder.release(run);
    }
    return this.read(run);
  }

  /** Damaged files are named and moved aside, so that the run is made again. */
  private read(run: RunIdentity): LoadedRun | null {
    try {
      return this.folder.load(run);
    } catch (error) {
      if (!(error instanceof RpBenchError) || error.code !== "DATA_CORRUPT") throw error;
      if (this.folder.claim(run) !== null) return null; // somebody is at it already
      try {
        const aside = this.folder.setAside(run);
        this.warn(`${error.message}; set aside as ${aside.join(" and ")}, the run is made again`);
      } finally {
        this.folder.release(run);
      }
      return null;
    }
  }
}
