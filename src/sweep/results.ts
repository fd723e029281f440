import { copyFileSync } from "node:fs";
import { RpBenchError } from "../errors.js";
import { flush, writing } from "../files/files.js";
import type { LoadedRun, ResultFolder } from "../results/result-folder.js";
import { runName } from "../results/run-name.js";
import type { PlannedRun } from "./plan.js";
import type { ReusableRuns } from "./reuse.js";

/** The results of a study's folder, read as they appear, whoever made them. */
export class StudyResults {
  private readonly loaded = new Map<string, LoadedRun>();
  /** Records that were there at the beginning, by the names of their runs. */
  private readonly earlier: ReadonlyMap<string, string>;
  /** Runs that this command has made, however they ended. */
  private readonly own = new Set<string>();

  constructor(
    private readonly folder: ResultFolder,
    private readonly warn: (message: string) => void,
    /** Where else a run may have been made. */
    private readonly reuse: ReusableRuns = () => null,
  ) {
    this.earlier = folder.recordVersions();
  }

  /** This command has made a run, or tried to; what its record says counts from now on. */
  made(run: PlannedRun): void {
    this.own.add(runName(run));
  }

  /** Runs of the study whose files are not, or no longer, what was read of them. */
  gone(runs: readonly PlannedRun[]): string[] {
    return runs.flatMap((run) => {
      const known = this.loaded.get(runName(run));
      if (!known) return [];
      return this.folder.read(run)?.record.logSha256 === known.record.logSha256 ? [] : [runName(run)];
    });
  }

  /** A run's result, if it is one that need not be made again. */
  of(run: PlannedRun): LoadedRun | undefined {
    const name = runName(run);
    const known = this.loaded.get(name);
    if (known) return known;
    const here = this.read(run);
    const result = here && this.counts(run, here) ? here : this.takeOver(run);
    if (result) this.loaded.set(name, result);
    if (result && result.record.status !== "failed") this.removeCheckpoint(run);
    return result ?? undefined;
  }

  /**
   * Failures count for the commands that saw them happen; later ones try again. No clock says which is which, for that of
   * the file system may be another.
   */
  private counts(run: PlannedRun, { record }: LoadedRun): boolean {
    if (record.status === "done" || record.status === "diverged") return true;
    if (record.status === "interrupted") return false;
    const name = runName(run);
    return this.own.has(name) || this.folder.recordVersion(run) !== this.earlier.get(name);
  }

  /** Left where a process ended between a run's record and its checkpoint. */
  private removeCheckpoint(run: PlannedRun): void {
    const file = this.folder.checkpoint(run);
    if (!file.exists || this.folder.claim(run) !== null) return;
    try {
      if (this.folder.finished(run)) file.remove();
    } finally {
      this.folder.release(run);
    }
  }

  /** Copies a run that another folder has. */
  private takeOver(run: PlannedRun): LoadedRun | null {
    const source = this.reuse(run);
    if (!source || this.folder.claim(run) !== null) return null;
    try {
      if (!this.folder.finished(run)) {
        this.folder.clear(run);
        const draft = this.folder.newDraft(run);
        writing(draft, () => {
          copyFileSync(source.logPath, draft);
          flush(draft);
        });
        if (this.folder.publish(run, source.record, draft)) this.folder.checkpoint(run).remove();
      }
      return this.folder.load(run);
    } finally {
      this.folder.release(run);
    }
  }

  /** Damaged files are named and moved aside, so that the run is made again. */
  private read(run: PlannedRun): LoadedRun | null {
    try {
      return this.folder.load(run);
    } catch (error) {
      if (!isDamage(error) || this.folder.claim(run) !== null) return null; // or somebody is at it already
    }
    try {
      return this.folder.load(run); // made again meanwhile
    } catch (error) {
      if (!isDamage(error)) throw error;
      const aside = this.folder.setAside(run);
      this.warn(`${error.message}; set aside as ${aside.join(" and ")}, the run is made again`);
      return null;
    } finally {
      this.folder.release(run);
    }
  }
}

function isDamage(error: unknown): error is RpBenchError {
  if (error instanceof RpBenchError && error.code === "DATA_CORRUPT") return true;
  throw error;
}
