// Result folders made by hand, from logs and the summary alone.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runName } from "../../src/results/run-name.js";
import type { RunRecord } from "../../src/results/run-record.js";
import { summarize, summaryText } from "../../src/results/summary.js";

export interface MadeRun {
  label: string;
  seed?: number;
  losses: number[];
  status?: RunRecord["status"];
  title?: string;
}

/** Runs on MNIST, one evaluation an epoch of ten steps. */
export function makeFolder(folder: string, runs: readonly MadeRun[]): string {
  mkdirSync(join(folder, "runs"), { recursive: true });
  const summary = runs.map(({ label, seed = 0, losses, status = "done", title = "MNIST" }) => {
    const record: RunRecord = {
      ...{ problem: "mnist", title, dataset: "mnist", loss: "mse", label, variant: "", optimizer: label },
      ...{ learningRate: 1, settings: "", seed, role: "final", status, reason: null },
      ...{ step: 10 * (losses.length - 1), lastFiniteLoss: 1, trainingSeconds: losses.length },
      ...{ medianStepMilliseconds: 100, logSha256: "", parametersSha256: null },
      engine: { name: "native", instructionSet: "avx2", threads: 2 },
    };
    const rows = losses.map((loss, epoch) => ({
      ...{ epoch, step: 10 * epoch, trainingSeconds: epoch },
      ...{ trainLoss: 0.8 * loss, validationLoss: loss, testLoss: loss },
    }));
    const lines = rows.map(({ epoch, step, trainingSeconds, ...losses }) =>
      [epoch, step, trainingSeconds, ...Object.values(losses)].join(","),
    );
    const header = "epoch,step,training_seconds,train_loss,validation_loss,test_loss";
    writeFileSync(join(folder, "runs", `${runName(record)}.csv`), `${[header, ...lines].join("\n")}\n`);
    return summarize(record, rows, null);
  });
  writeFileSync(join(folder, "summary.csv"), summaryText(summary));
  return folder;
}
