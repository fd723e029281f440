import type { AuditConfig } from "../config/audit-resolve.js";
import type { Dataset } from "../data/load.js";
import { drawLineCharts } from "../figures/charts/line-chart.js";
import { writeFileAtomically } from "../files/files.js";
import { AUTO } from "../optimizers/options.js";
import { titleOfLabel } from "../optimizers/registry.js";
import { createManifest, datasetFacts } from "../results/manifest.js";
import type { Reporter } from "../training/benchmark.js";
import { prepareDataset, selectEngine, withinRun } from "../training/prepare.js";
import { checkModules } from "../training/run.js";
import { settingsOf } from "../training/run-facts.js";
import { type Audit, auditRun, stepsOf } from "./audit.js";
import { auditCharts } from "./charts.js";
import { figurePath, openAuditFolder, saveAudit } from "./folder.js";

export interface RunAuditOptions {
  signal: AbortSignal;
  reporter: Reporter;
  /** Where datasets are looked for first. */
  dataDir?: string | undefined;
  onPoint?(audit: Audit): void;
}

export interface AuditResult {
  title: string;
  audit: Audit;
  /** The paths written. */
  files: string[];
}

/**
 * Audits a run into a folder. Everything is checked before the folder is touched.
 *
 * @throws RpBenchError also for a run that fails, after what was found is written
 */
export async function runAudit(
  asked: AuditConfig,
  folder: string,
  { signal, reporter, dataDir, onPoint }: RunAuditOptions,
): Promise<AuditResult> {
  const warn = (message: string) => reporter.warn(message);
  await checkModules(asked.optimizers, asked, { signal });
  const { dataset, splits } = await prepareDataset(asked.dataset, asked, { dataDir, warn });
  const config = withinRun(asked, stepsOf(asked, splits), warn);
  const engine = await selectEngine(config.engine, { threads: config.threads ?? undefined }, warn);
  const { description } = engine;
  const manifest = createManifest("audit", config, [datasetFacts(dataset)], engine);
  openAuditFolder(folder, manifest);
  const { optimizers, seed } = config;
  reporter.start({ dataset, splits, engine: description, folder, optimizers, seeds: [seed] });
  reporter.runStart(optimizers[0], stepsOf(config, splits), seed);
  let audit: Audit;
  try {
    audit = await auditRun(config, {
      ...{ engine, splits, signal },
      onStep: (step, loss) => reporter.step(step, loss),
      onPoint: (soFar) => {
        saveAudit(folder, manifest, soFar);
        onPoint?.(soFar);
      },
    });
  } finally {
    reporter.stop();
  }
  const files = saveAudit(folder, manifest, audit);
  if (audit.status === "failed") throw audit.error;
  const title = titleOf(dataset, config);
  if (audit.status !== "interrupted" && audit.predictions.length > 0) {
    const path = figurePath(folder, config.dataset);
    writeFileAtomically(path, drawLineCharts(auditCharts({ ...factsOf(config), ...audit, title }), "png"));
    files.push(path);
  }
  return { title, audit, files };
}

function factsOf({ layerSizes, optimizers: [{ name, learningRate }] }: AuditConfig) {
  return { layerSizes, lambda: name === "rp" && learningRate !== AUTO ? learningRate : null };
}

function titleOf({ title }: Dataset, { optimizers: [entry] }: AuditConfig): string {
  const settings = settingsOf(entry);
  const name = titleOfLabel(entry.label, entry.name);
  return `${title}, ${name} at ${entry.learningRate}${settings ? `, ${settings}` : ""}`;
}
