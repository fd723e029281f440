// An audit's files; see docs/format.md.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DatasetName } from "../data/catalogue.js";
import { RpBenchError } from "../errors.js";
import { isDirectory, jsonText, makeFolder, unwritable, writeFileAtomically } from "../files/files.js";
import { removeLeftovers } from "../files/leftovers.js";
import { releaseLock } from "../files/lock.js";
import { conflict, requireFolder, takeFolder } from "../files/own-folder.js";
import { type Cell, csvText } from "../results/csv.js";
import { type Manifest, manifestConflict } from "../results/manifest.js";
import { type Audit, emptyAudit } from "./audit.js";
import { QUANTILES } from "./ratios.js";

export const RATIO_COLUMNS = [
  ...["step", "layer", "parameters", "over", "count", "zeros", "negatives"],
  ...QUANTILES,
] as const;
export const STEP_COLUMNS = [
  ...["step", "loss", "bound_loss", "model_loss", "true_loss", "bound_over_model"],
  ...["unit_bound_loss", "unit_true_loss", "best_lambda", "stable_lambda"],
] as const;

/**
 * Makes the folder, or takes one that holds an audit of the same configuration, which is made again; for this process
 * alone, until `closeAuditFolder`.
 *
 * @throws RpBenchError OUTPUT_CONFLICT for anything else in it or another process at work, OUTPUT_UNWRITABLE, INTERRUPTED
 */
export async function openAuditFolder(
  folder: string,
  manifest: Manifest,
  waiting: Parameters<typeof takeFolder>[2],
): Promise<void> {
  requireAudit(folder, manifest);
  try {
    makeFolder(folder);
    await takeFolder(folder, lockOf(folder), waiting);
  } catch (error) {
    if (error instanceof RpBenchError && error.code !== "WRITE_FAILED") throw error;
    throw unwritable(folder, error);
  }
  try {
    requireAudit(folder, manifest); // another may have made one meanwhile
    makeFolder(join(folder, "figures"));
    removeLeftovers(folder);
    rmSync(figurePath(folder, manifest.datasets[0].name), { force: true });
    saveAudit(folder, manifest, emptyAudit());
  } catch (error) {
    closeAuditFolder(folder);
    throw error instanceof RpBenchError && error.code === "OUTPUT_CONFLICT"
      ? error
      : unwritable(folder, error);
  }
}

/** Lets another process write. */
export function closeAuditFolder(folder: string): void {
  releaseLock(lockOf(folder));
}

/** To be called before each write. @throws RpBenchError OUTPUT_CONFLICT where another process took the folder */
export function requireAuditFolder(folder: string): void {
  requireFolder(folder, lockOf(folder));
}

function lockOf(folder: string): string {
  return join(folder, ".lock");
}

function requireAudit(folder: string, manifest: Manifest): void {
  const path = join(folder, "audit.json");
  if (existsSync(path)) {
    const difference = manifestConflict(path, manifest);
    if (difference) throw conflict(folder, `holds an audit of another configuration: ${difference}`);
  } else if (isDirectory(folder) && readdirSync(folder).some(isOther)) {
    throw conflict(folder, "holds other files already");
  }
}

/** Anything but what a process has that is about to begin an audit here, or was killed when it did. */
function isOther(name: string): boolean {
  return !/^(\.lock|figures|audit\.csv|steps\.csv)(\..*)?$/.test(name);
}

export function figurePath(folder: string, dataset: DatasetName): string {
  return join(folder, "figures", `audit-${dataset}.png`);
}

/** Writes all that was found so far, and returns the paths of the tables. */
export function saveAudit(
  folder: string,
  manifest: Manifest,
  { status, reason, steps: made, ratios, predictions }: Audit,
): string[] {
  const rows = ratios.map(({ quantiles, ...row }): Record<string, Cell> => {
    const cells = QUANTILES.map((name) => [name, quantiles ? Number(quantiles[name].toPrecision(7)) : null]);
    return { ...row, ...Object.fromEntries(cells) };
  });
  const steps = predictions.map(
    (one): Record<string, Cell> => ({
      ...{ step: one.step, loss: one.loss },
      ...{
        bound_loss: one.bound,
        model_loss: one.model,
        true_loss: one.after,
        bound_over_model: one.looseness,
      },
      ...{ unit_bound_loss: one.unitBound, unit_true_loss: one.unitAfter },
      ...{ best_lambda: one.bestLambda, stable_lambda: one.stableLambda },
    }),
  );
  const files = { "audit.csv": csvText(RATIO_COLUMNS, rows), "steps.csv": csvText(STEP_COLUMNS, steps) };
  const paths = Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeFileAtomically(path, text);
    return path;
  });
  // The last: what it says is done is there.
  writeFileAtomically(join(folder, "audit.json"), jsonText({ ...manifest, status, reason, steps: made }));
  return paths;
}
