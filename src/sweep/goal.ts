// Every evaluation of each RP optimizer beside Adam's at the same step: median test loss against median test loss.

import { median, relativeLoss } from "../statistics.js";
import type { Contender } from "./claims.js";
import { adamOf, type Field } from "./field.js";
import { percent } from "./words.js";

/** A table has no more rows than this; of longer studies every n-th evaluation is shown. */
const MOST_ROWS = 60;

/** An RP optimizer against Adam on one problem. */
interface Race {
  title: string;
  name: string;
  /** (own − Adam) / Adam of the median test losses, by step. */
  bySteps: Map<number, number>;
  /** The same at the times of Adam's evaluations, own losses interpolated; null without step times. */
  bySeconds: number[] | null;
}

function racesOf(fields: readonly Field[]): Race[] {
  return fields.flatMap(({ title, contenders }) => {
    const adam = adamOf(contenders);
    if (!adam) return [];
    const theirs = medianCurve(adam);
    const own = contenders.filter(({ optimizer }) => optimizer === "rp");
    return own.flatMap((one): Race[] => {
      const ours = medianCurve(one);
      const bySteps = new Map(
        [...ours].flatMap(([step, loss]) => {
          const other = theirs.get(step);
          return other === undefined ? [] : [[step, relativeLoss(loss, other)] as const];
        }),
      );
      if (bySteps.size === 0) return [];
      const [fast, slow] = [one.stepMilliseconds, adam.stepMilliseconds];
      const bySeconds =
        fast === null || slow === null
          ? null
          : [...theirs].map(([step, loss]) => relativeLoss(lossAt(ours, (step * slow) / fast), loss));
      return [{ title, name: one.name, bySteps, bySeconds }];
    });
  });
}

/** Median test loss by step, from the first evaluation after some training on; a seed that diverged is infinitely bad. */
export function medianCurve({ rows, lost }: Contender): Map<number, number> {
  const logs = [...rows.values()].map((log) => new Map(log.map(({ step, testLoss }) => [step, testLoss])));
  const diverged = lost.filter(({ status }) => status === "diverged").map(() => Infinity);
  const steps = [...new Set(logs.flatMap((log) => [...log.keys()]))].filter((step) => step > 0);
  return new Map(
    steps
      .sort((a, b) => a - b)
      .flatMap((step) => {
        const middle = median([...logs.flatMap((log) => log.get(step) ?? []), ...diverged]);
        return middle === null ? [] : [[step, middle]];
      }),
  );
}

/** Linear between evaluations; before the first the first, after the last the last. */
function lossAt(curve: ReadonlyMap<number, number>, step: number): number {
  const points = [...curve];
  const index = points.findIndex(([at]) => at >= step);
  if (index < 0) return points[points.length - 1][1];
  const [at, loss] = points[index];
  if (index === 0 || at === step) return loss;
  const [before, previous] = points[index - 1];
  return previous + ((step - before) / (at - before)) * (loss - previous);
}

/** Whether each RP optimizer is at or below Adam at every evaluation; null where there is no such pair. */
export function goalTable(fields: readonly Field[]): string[][] | null {
  const races = racesOf(fields);
  if (races.length === 0) return null;
  return [
    ["problem", "optimizer", "at or below Adam", "at its worst", "at the end", "in seconds at or below"],
    ...races.map(({ title, name, bySteps, bySeconds }) => {
      const [[firstStep, first], ...others] = [...bySteps];
      const [step, worst] = others.reduce((most, one) => (one[1] > most[1] ? one : most), [firstStep, first]);
      return [
        ...[title, name, share([...bySteps.values()])],
        `${percent(worst)} at step ${step}`,
        percent([...bySteps.values()].at(-1) ?? first),
        bySeconds === null ? "not measured" : share(bySeconds),
      ];
    }),
  ];
}

/** "58 of 60 evaluations" */
function share(differences: readonly number[]): string {
  const good = differences.filter((value) => value <= 0).length;
  return `${good} of ${differences.length} evaluations`;
}

/** For each RP optimizer a table of the differences, problem × step. */
export function goalDetails(fields: readonly Field[]): { name: string; table: string[][]; every: number }[] {
  const races = racesOf(fields);
  const names = [...new Set(races.map(({ name }) => name))];
  return names.map((name) => {
    const own = races.filter((race) => race.name === name);
    const steps = [...new Set(own.flatMap(({ bySteps }) => [...bySteps.keys()]))].sort((a, b) => a - b);
    const every = Math.ceil(steps.length / MOST_ROWS);
    const shown = steps.filter((_, index) => (index + 1) % every === 0 || index === steps.length - 1);
    const rows = shown.map((step) => [
      String(step),
      ...own.map(({ bySteps }) => {
        const value = bySteps.get(step);
        return value === undefined ? "–" : percent(value);
      }),
    ]);
    return { name, every, table: [["step", ...own.map(({ title }) => title)], ...rows] };
  });
}
