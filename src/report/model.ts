// What the page shows, as data: it is embedded in the page as JSON, which the page's own code reads and draws. Everything
// in it was made from a result folder by the readers of src/results and the words and charts of src/sweep and src/figures.

import type { LineChart } from "../figures/charts/line-chart.js";

/** A table for people: cells are what is shown, or a number that is sorted as one. */
export interface TableModel {
  title: string;
  head: string[];
  rows: (string | number | null)[][];
}

/** One row of a run's log: epoch, step, seconds on the page's axis, train, validation and test loss. */
export type SeedRow = [
  epoch: number,
  step: number,
  seconds: number | null,
  train: number,
  validation: number,
  test: number,
];

export interface SeedCurve {
  /** The curve of the median that it belongs to. */
  name: string;
  color: string;
  seed: number;
  rows: SeedRow[];
}

/** The losses of one problem: the same curves over three axes, and every seed's own. */
export interface LossPanel {
  charts: { epochs: LineChart; steps: LineChart; seconds: LineChart | null };
  seeds: SeedCurve[];
  /** Rows that are shown of those there are, where long logs were thinned. */
  thinned: { shown: number; of: number } | null;
}

export type Verdict = "yes" | "no" | "undecided";

/** Whether a claim holds for one optimizer against one rival on one problem. */
export interface Finding {
  problem: string;
  own: string;
  rival: string;
  verdict: Verdict;
  /** The verdict in the claim's own word: worse, neither, … */
  word: string;
  sentence: string;
}

export interface ClaimModel {
  claim: string;
  criterion: string;
  findings: Finding[];
}

/** One number a seed, of one optimizer against another. */
export interface PairModel {
  name: string;
  color: string;
  points: { seed: number; value: number }[];
  median: number | null;
  /** Seeds without a number on the axis, in words. */
  note: string;
}

export interface DotChart {
  title: string;
  subtitle: string;
  xLabel: string;
  pairs: PairModel[];
  /** Differences that count as none. */
  comparable: number;
}

export interface ReconstructionModel {
  title: string;
  /** The first row is of the images themselves; each is a PNG as a data address. */
  rows: { name: string; image: string }[];
  count: number;
  /** Why there are none, in words. */
  missing: string | null;
}

export interface ProblemModel {
  problem: string;
  title: string;
  losses: LossPanel | null;
  search: { chart: LineChart; table: TableModel } | null;
  overfitting: LineChart[];
  paired: DotChart | null;
  /** Final test loss against the tuning runs that were spent. */
  budget: LineChart | null;
  results: TableModel;
  /** Runs that were not trained to their end, in words. */
  lost: string[];
  reconstructions: ReconstructionModel | null;
}

export interface FolderModel {
  name: string;
  /** Facts of the header: what, when, on what, by what. */
  facts: [name: string, value: string][];
  datasets: TableModel | null;
  /** The command that makes the results again, and the configuration file that it names. */
  repeat: { command: string; file: string; text: string; note: string } | null;
  claims: ClaimModel[];
  profiles: LineChart[];
  problems: ProblemModel[];
  /** What could not be read, or is not to be believed, in words. */
  warnings: string[];
  runs: TableModel;
}

export interface ReportModel {
  title: string;
  version: string;
  folders: FolderModel[];
  /** Of several folders: what each optimizer reached in each of them. */
  comparison: TableModel | null;
}
