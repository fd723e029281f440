// Every row of every run of a result folder in one tidy table: one row an evaluation, one column a variable.

import type { RunResult } from "../results/results.js";
import { runName } from "../results/run-name.js";

type Kind = "text" | "count" | "number";

interface Column {
  kind: Kind;
  of(run: RunResult, row: RunResult["rows"][number]): string | number | null;
}

/** By name, in order; docs/report.md lists them. */
export const COLUMNS = {
  run: { kind: "text", of: (run) => runName(run) },
  problem: { kind: "text", of: ({ problem }) => problem },
  title: { kind: "text", of: ({ title }) => title },
  dataset: { kind: "text", of: ({ dataset }) => dataset },
  loss: { kind: "text", of: ({ loss }) => loss },
  label: { kind: "text", of: ({ label }) => label },
  optimizer: { kind: "text", of: ({ optimizer }) => optimizer },
  settings: { kind: "text", of: ({ settings }) => settings },
  variant: { kind: "text", of: ({ variant }) => variant },
  learning_rate: {
    kind: "number",
    of: ({ learningRate }) => (learningRate === "auto" ? null : learningRate),
  },
  seed: { kind: "count", of: ({ seed }) => seed },
  role: { kind: "text", of: ({ role }) => role },
  status: { kind: "text", of: ({ status }) => status },
  median_step_milliseconds: { kind: "number", of: ({ medianStepMilliseconds }) => medianStepMilliseconds },
  epoch: { kind: "number", of: (_, { epoch }) => epoch },
  step: { kind: "count", of: (_, { step }) => step },
  training_seconds: { kind: "number", of: (_, { trainingSeconds }) => trainingSeconds },
  train_loss: { kind: "number", of: (_, { trainLoss }) => trainLoss },
  validation_loss: { kind: "number", of: (_, { validationLoss }) => validationLoss },
  test_loss: { kind: "number", of: (_, { testLoss }) => testLoss },
  step_learning_rate: { kind: "number", of: (_, { chosen }) => chosen?.learningRate ?? null },
  step_momentum: { kind: "number", of: (_, { chosen }) => chosen?.momentum ?? null },
} as const satisfies Record<string, Column>;

export type ColumnName = keyof typeof COLUMNS;
export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

export type TidyRow = Record<ColumnName, string | number | null>;

export function tidyRows(results: readonly RunResult[]): TidyRow[] {
  return results.flatMap((run) =>
    run.rows.map((row) => {
      const cells = Object.entries<Column>(COLUMNS).map(([name, { of }]) => [name, of(run, row)]);
      return Object.fromEntries(cells) as TidyRow;
    }),
  );
}
