// Tables of the page: of results, of the search, of datasets, of every run, and of several folders side by side.

import { groupRuns, titleOf } from "../figures/groups.js";
import { blewUp } from "../results/divergence.js";
import type { RunResult } from "../results/results.js";
import { median } from "../statistics.js";
import { reachOf } from "../sweep/claims.js";
import { type Field, targetOf } from "../sweep/field.js";
import type { Branch } from "../sweep/plan.js";
import { selectionRows } from "../sweep/tables.js";
import { loss } from "../sweep/words.js";
import type { TableModel } from "./model.js";

/** How a run ended: one whose loss had blown up at its end is called so. */
export function fateOf({ status, rows }: RunResult): string {
  if (status === null) return "not finished";
  return status === "done" && blewUp(rows) ? "done, blew up" : status.replace("_", " ");
}

/** Where runs ended, of those that were trained to their end. */
function lastRows(runs: readonly RunResult[]): RunResult["rows"] {
  return runs.filter((run) => fateOf(run) === "done").flatMap(({ rows }) => rows.slice(-1));
}

/** One row an optimizer, of a problem's final runs. */
export function resultTable(title: string, runs: readonly RunResult[], field: Field | undefined): TableModel {
  const target = field ? targetOf(field.contenders) : null;
  const head = [
    "optimizer",
    "learning rate",
    "settings",
    "seeds",
    "test loss",
    "least seed",
    "greatest seed",
  ];
  head.push("train loss", "ms/step");
  if (target !== null) head.push(`steps to ${loss(target)}`, "seconds to it");
  const rows = groupRuns(runs).map(({ label, learningRate, settings, runs: own }) => {
    const ended = lastRows(own);
    const tests = ended.map(({ testLoss }) => testLoss);
    const contender = field?.contenders.find((one) => one.label === label);
    const reach = target === null || !contender ? null : reachOf(contender, target);
    return [
      ...[
        label,
        learningRate,
        settings,
        ended.length < own.length ? `${ended.length} of ${own.length}` : own.length,
      ],
      ...[median(tests), tests.length > 0 ? Math.min(...tests) : null],
      ...[tests.length > 0 ? Math.max(...tests) : null, median(ended.map(({ trainLoss }) => trainLoss))],
      median(own.flatMap(({ medianStepMilliseconds }) => medianStepMilliseconds ?? [])),
      ...(target === null ? [] : [reach?.steps ?? null, reach?.seconds ?? null]),
    ];
  });
  return { title, head, rows };
}

/** Every rate that was tried, and why it was chosen or not. */
export function searchTable(title: string, branches: readonly Branch[]): TableModel {
  const rows = branches.flatMap(selectionRows);
  const searched = rows.some(({ variant }) => variant !== "");
  return {
    title: `${title}: every learning rate that was tried`,
    head: [
      ...["optimizer", ...(searched ? ["settings"] : []), "learning rate", "stage", "seeds", "diverged"],
      ...["mean validation loss", "chosen", "why"],
    ],
    rows: rows.map((row) => [
      ...[
        row.label,
        ...(searched ? [row.variant] : []),
        row.learning_rate,
        row.stage,
        row.seeds,
        row.diverged,
      ],
      ...[row.mean_best_validation_loss, row.chosen, row.reason],
    ]),
  };
}

export function runsTable(results: readonly RunResult[]): TableModel {
  const head = [
    "problem",
    "optimizer",
    "settings",
    "learning rate",
    "seed",
    "role",
    "status",
    "step",
    "epoch",
  ];
  return {
    title: "Every run",
    head: [...head, "train loss", "validation loss", "test loss"],
    rows: results.map((run) => {
      const last = run.rows.at(-1);
      return [
        ...[titleOf([run]), run.label, run.settings ?? "", run.learningRate, run.seed, run.role ?? "final"],
        ...[fateOf(run), run.step ?? last?.step ?? null, last?.epoch ?? null],
        ...[last?.trainLoss ?? null, last?.validationLoss ?? null, last?.testLoss ?? null],
      ];
    }),
  };
}

/** Final runs that were not trained to their end, in words. */
export function lostRuns(runs: readonly RunResult[]): string[] {
  return runs
    .filter((run) => run.status !== null && fateOf(run) !== "done")
    .map(
      (run) => `${run.label}, rate ${run.learningRate}, seed ${run.seed}: ${fateOf(run)} at step ${run.step}`,
    );
}

/** Median final test losses, one column a folder; null of a single folder. */
export function comparisonTable(
  folders: readonly { name: string; results: readonly RunResult[] }[],
): TableModel | null {
  if (folders.length < 2) return null;
  const cells = new Map<string, (string | number | null)[]>();
  folders.forEach(({ results }, index) => {
    const final = results.filter(({ role }) => role !== "tuning");
    for (const problem of new Set(final.map(({ problem }) => problem))) {
      const own = final.filter((run) => run.problem === problem);
      for (const { label, learningRate, runs } of groupRuns(own)) {
        const key = JSON.stringify([titleOf(own), label]);
        const row = cells.get(key) ?? folders.flatMap(() => [null, null]);
        row[2 * index] = learningRate;
        row[2 * index + 1] = median(lastRows(runs).map(({ testLoss }) => testLoss));
        cells.set(key, row);
      }
    }
  });
  return {
    title: "Side by side: median test loss at the end",
    head: ["problem", "optimizer", ...folders.flatMap(({ name }) => [`rate, ${name}`, `test loss, ${name}`])],
    rows: [...cells].map(([key, row]) => [...JSON.parse(key), ...row]),
  };
}
