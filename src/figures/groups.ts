// Runs that differ by their seed alone are one curve: the median over seeds, and the band from least to greatest.

import { CATALOGUE } from "../data/catalogue.js";
import { displayName, type Named, settingsBesideName } from "../optimizers/display-name.js";
import { OPTIMIZER_NAMES } from "../optimizers/registry.js";
import { blewUp } from "../results/divergence.js";
import type { RunResult } from "../results/results.js";
import type { LogRow } from "../results/run-log.js";
import { compareRates, type Rate } from "../results/run-name.js";
import { spreadOf } from "../statistics.js";
import { colorsOf } from "./charts/colors.js";
import type { Curve } from "./charts/line-chart.js";

export interface Group {
  label: string;
  learningRate: Rate;
  optimizer: string;
  settings: string;
  /** By seed. */
  runs: RunResult[];
}

/** In the order of legends: RP, Adam, SGD and their labels by name, then users' own optimizers. */
export function groupRuns(runs: readonly RunResult[]): Group[] {
  const groups = new Map<string, Group>();
  for (const run of [...runs].sort((a, b) => a.seed - b.seed)) {
    const { label, learningRate } = run;
    const key = `${label} ${learningRate}`;
    const group = groups.get(key) ?? {
      ...{ label, learningRate, optimizer: run.optimizer ?? label, settings: run.settings ?? "", runs: [] },
    };
    group.runs.push(run);
    groups.set(key, group);
  }
  const place = ({ optimizer }: Group) => {
    const index = (OPTIMIZER_NAMES as readonly string[]).indexOf(optimizer);
    return index < 0 ? OPTIMIZER_NAMES.length : index;
  };
  return [...groups.values()].sort(
    (a, b) =>
      place(a) - place(b) || a.label.localeCompare(b.label) || compareRates(a.learningRate, b.learningRate),
  );
}

const LOST: readonly string[] = ["diverged", "failed", "timed_out"];

/** With its rate, the settings that its name does not tell and every seed that was not trained to its end. */
function legendName(group: Group): string {
  const { optimizer, learningRate } = group;
  const symbol = optimizer === "rp" ? "λ =" : "rate";
  const settings = settingsBeside(group);
  const more = settings ? `, ${settings}` : "";
  const notes = lossesOf(group).map((note) => `, ${note}`);
  return `${nameOf(group)} (${symbol} ${learningRate}${more}${notes.join("")})`;
}

/** Every seed that was not trained to its end, and why. */
function lossesOf({ runs }: Group): string[] {
  return runs.flatMap((run) => {
    const fate = fateOf(run);
    if (fate === null) return [];
    return [runs.length > 1 ? `seed ${run.seed} ${fate}` : fate];
  });
}

/** What people call it. */
export function nameOf(group: Group): string {
  return displayName(namedOf(group));
}

export function nameOfRun({ label, optimizer, settings, variant }: RunResult): string {
  return displayName({ label, optimizer, settings, variant });
}

/** The same, whatever its settings are. */
export function nameOfKind({ label, optimizer }: Group): string {
  return displayName({ label, optimizer });
}

/** What of its settings its name does not tell. */
export function settingsBeside(group: Group): string {
  return settingsBesideName(namedOf(group));
}

function namedOf({ label, optimizer, settings, runs }: Group): Named {
  return { label, optimizer, settings, variant: runs[0].variant };
}

/** null of a run that was trained to its end, or of which nothing is known. */
function fateOf({ status, step, rows }: RunResult): string | null {
  if (status !== null && LOST.includes(status)) return `${status.replace("_", " ")} at step ${step}`;
  return blewUp(rows) ? "blew up" : null;
}

/** Runs by their problem. */
export function byProblem(runs: readonly RunResult[]): Map<string, RunResult[]> {
  const names = [...new Set(runs.map(({ problem }) => problem))];
  return new Map(names.map((name) => [name, runs.filter(({ problem }) => problem === name)]));
}

/** What runs on one problem are of; says so where one used a copy that is not the known dataset. */
export function titleOf(runs: readonly RunResult[]): string {
  const known = CATALOGUE[runs[0].dataset].title;
  const titles = runs.flatMap(({ title }) => title ?? []);
  return titles.find((title) => title !== known) ?? known;
}

/** Median and range over the seeds at every evaluation; of seeds that ended early, while they ran. */
export function overSeeds(
  { runs }: Group,
  x: (row: LogRow, run: RunResult) => number,
  y: (row: LogRow) => number,
): Pick<Curve, "points" | "band"> {
  const longest = runs.reduce((most, run) => (run.rows.length > most.rows.length ? run : most));
  const logs = runs.map(({ rows }) => new Map(rows.map((row) => [row.step, row])));
  const at = longest.rows.flatMap((row) => {
    const values = logs.flatMap((log) => log.get(row.step) ?? []).map(y);
    const spread = spreadOf(values);
    return spread ? [{ x: x(row, longest), spread }] : [];
  });
  return bandOf(at, runs.length > 1);
}

/** A curve through medians, with the band between least and greatest where there are several seeds. */
export function bandOf(
  at: { x: number; spread: { median: number; least: number; greatest: number } }[],
  several: boolean,
): Pick<Curve, "points" | "band"> {
  const points = at.map(({ x, spread }) => ({ x, y: spread.median }));
  if (!several) return { points };
  return { points, band: at.map(({ x, spread }) => ({ x, low: spread.least, high: spread.greatest })) };
}

/** What a group's curves are called and drawn in, one colour a label. */
export function looksOf(groups: readonly Group[]): (group: Group) => Pick<Curve, "name" | "color" | "short"> {
  const colors = colorsOf([...new Set(groups.map(({ label }) => label))]);
  return (group) => ({
    ...{ name: legendName(group), color: colors.get(group.label) ?? "#000000" },
    short: { name: nameOfKind(group), lost: lossesOf(group).join(", ") },
  });
}

/** "median of 5 seeds, band from least to greatest"; undefined where every group has one seed. */
export function seedNote(groups: readonly Group[], shown = "band"): string | undefined {
  const counts = [...new Set(groups.map(({ runs }) => runs.length))].sort((a, b) => a - b);
  return counts.at(-1) === 1
    ? undefined
    : `median of ${counts.join(" or ")} seeds, ${shown} from least to greatest`;
}
