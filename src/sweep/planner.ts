// What a study still lacks, kept up to date run by run. planStudy alone would look at every run after each one, which
// grows with the square of their number; a branch's list of runs changes only when the last of those it asked for is made.

import type { StudyConfig } from "../config/study-schema.js";
import type { DatasetFacts } from "../results/manifest.js";
import { runName } from "../results/run-name.js";
import { type Branch, branchPlans, type PlannedRun, type ResultOf } from "./plan.js";

interface Tracked {
  plan(): Branch;
  branch: Branch;
  /** Runs that are not made, by name. */
  open: Map<string, PlannedRun>;
  /** Some of its runs were made since it was planned, so that its outcomes are not all in it. */
  stale: boolean;
}

export class StudyPlanner {
  private readonly tracked: Tracked[];
  /** Those with open runs, in the order of the configuration. */
  private readonly active: Set<Tracked>;
  private readonly homes = new Map<string, Tracked>();
  private fresh: PlannedRun[] = [];
  /** Of branches that are planned; runs in all, made or not. */
  known = 0;

  constructor(
    config: StudyConfig,
    facts: readonly DatasetFacts[],
    private readonly resultOf: ResultOf,
  ) {
    this.tracked = branchPlans(config, facts, resultOf).map((plan) => {
      return { plan, branch: plan(), open: new Map(), stale: false };
    });
    this.active = new Set(this.tracked);
    for (const one of this.tracked) this.list(one, 0);
  }

  /** How many runs are known not to be made. */
  get open(): number {
    return this.homes.size;
  }

  isOpen(run: PlannedRun): boolean {
    return this.homes.has(runName(run));
  }

  /** The first open run that is acceptable. */
  find(acceptable: (name: string) => boolean): PlannedRun | undefined {
    for (const { open } of this.active) {
      for (const [name, run] of open) if (acceptable(name)) return run;
    }
    return undefined;
  }

  /** Open runs that became known since the last call. */
  takeNew(): PlannedRun[] {
    const taken = this.fresh;
    this.fresh = [];
    return taken;
  }

  /** A run has a result; what its branch wants next, it wants from now on. */
  made(run: PlannedRun): void {
    const name = runName(run);
    const home = this.homes.get(name);
    if (!home) return;
    this.homes.delete(name);
    home.open.delete(name);
    home.stale = true;
    if (home.open.size === 0) this.planAgain(home);
  }

  /** Every branch with the outcomes there are. */
  branches(): Branch[] {
    for (const one of this.tracked) if (one.stale) this.planAgain(one);
    return this.tracked.map(({ branch }) => branch);
  }

  private planAgain(one: Tracked): void {
    const before = one.branch.runs.length;
    one.branch = one.plan();
    one.stale = false;
    this.list(one, before);
  }

  private list(one: Tracked, before: number): void {
    this.known += one.branch.runs.length - before;
    for (const run of one.branch.runs) {
      const name = runName(run);
      if (one.open.has(name) || this.resultOf(run)) continue;
      one.open.set(name, run);
      this.homes.set(name, one);
      this.fresh.push(run);
    }
    if (one.open.size === 0) this.active.delete(one);
  }
}
