import type { AuditConfig } from "../config/audit-resolve.js";
import { nameOfEntry } from "../config/entry-names.js";
import type { Dataset } from "../data/load.js";
import { drawLineCharts } from "../figures/charts/line-chart.js";
import { writeFileAtomically } from "../files/files.js";
import { AUTO } from "../optimizers/options.js";
import { createManifest, datasetFacts, type Manifest } from "../results/manifest.js";
import type { Reporter } from "../training/benchmark.js";
import { isStopped, pauseOf } from "../training/pause.js";
import { prepareDataset, selectEngine, withinRun } from "../training/prepare.js";
import { checkModules } from "../training/run.js";
import { type Audit, type AuditContext, auditRun, emptyAudit, stepsOf } from "./audit.js";
import { auditCharts } from "./charts.js";
import { type AuditEstimate, estimateAudit } from "./estimate.js";
import { closeAuditFolder, figurePath, openAuditFolder, requireAuditFolder, saveAudit } from "./folder.js";

export interface RunAuditOptions {
  signal: AbortSignal;
  reporter: Reporter;
  /** Where datasets are looked for first. */
  dataDir?: string | undefined;
  onPoint?(audit: Audit): void;
  /** Told before the run begins. */
  onEstimate?(estimate: AuditEstimate): void;
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
  options: RunAuditOptions,
): Promise<AuditResult> {
  const { signal, reporter, dataDir } = options;
  const warn = (message: string) => reporter.warn(message);
  await checkModules(asked.optimizers, asked, { signal });
  const { dataset, splits } = await prepareDataset(asked.dataset, asked, { dataDir, warn });
  const config = withinRun(asked, stepsOf(asked, splits), warn);
  const engine = await selectEngine(config.engine, { threads: config.threads ?? undefined }, warn);
  const { description } = engine;
  const manifest = createManifest("audit", config, [datasetFacts(dataset)], engine);
  await openAuditFolder(folder, manifest, { signal, onWait: warn });
  try {
    const { optimizers, seed } = config;
    reporter.start({ dataset, splits, engine: description, folder, optimizers, seeds: [seed] });
    const title = titleOf(dataset, config);
    return await audited(config, folder, manifest, title, { ...options, engine, splits });
  } finally {
    closeAuditFolder(folder);
  }
}

/** In a folder that this process has. */
async function audited(
  config: AuditConfig,
  folder: string,
  manifest: Manifest,
  title: string,
  options: RunAuditOptions & Pick<AuditContext, "engine" | "splits">,
): Promise<AuditResult> {
  const { engine, splits, signal, reporter, onPoint, onEstimate } = options;
  let audit: Audit;
  try {
    onEstimate?.(await estimateAudit(config, { engine, splits, pause: pauseOf(signal) }));
    reporter.runStart(config.optimizers[0], stepsOf(config, splits), config.seed);
    audit = await auditRun(config, {
      ...{ engine, splits, signal },
      onStep: (step, loss) => reporter.step(step, loss),
      onPoint: (soFar) => {
        requireAuditFolder(folder);
        saveAudit(folder, manifest, soFar);
        onPoint?.(soFar);
      },
    });
  } catch (error) {
    if (!isStopped(error, signal)) throw error;
    audit = { ...emptyAudit(), status: "interrupted" };
  } finally {
    reporter.stop();
  }
  requireAuditFolder(folder);
  const files = saveAudit(folder, manifest, audit);
  if (audit.status === "failed") throw audit.error;
  if (audit.predictions.length > 0) {
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
  return `${title}, ${nameOfEntry(entry)}, rate ${entry.learningRate}`;
}
