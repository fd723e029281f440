// A result folder as its manifest says it was made: what its runs are, what its tables must hold.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { layerSizesFor } from "../config/resolve.js";
import { runConfigSchema, seedsOf } from "../config/schema.js";
import { titleOfRun } from "../config/study-problems.js";
import { completeStudy } from "../config/study-resolve.js";
import { type StudyConfig, studyConfigSchema } from "../config/study-schema.js";
import type { DatasetName } from "../data/catalogue.js";
import { RpBenchError } from "../errors.js";
import {
  type DatasetFacts,
  factsOf,
  otherFormat,
  readManifest,
  type WrittenManifest,
} from "../results/manifest.js";
import { ResultFolder } from "../results/result-folder.js";
import { summarize, summaryText, summaryTexts } from "../results/summary.js";
import { fieldsOf } from "../sweep/conclude.js";
import type { Field } from "../sweep/field.js";
import { findingsText } from "../sweep/findings.js";
import { type Branch, type PlannedRun, planStudy } from "../sweep/plan.js";
import { selectionText, summaryRows } from "../sweep/tables.js";
import { parseWith } from "../validation.js";

export interface Verifiable {
  folder: ResultFolder;
  manifest: WrittenManifest;
  datasets: DatasetFacts[];
  settings: Pick<StudyConfig, "batchSize">;
  /** Every run that belongs to the folder, made or not. */
  runs: PlannedRun[];
  /** What files hold if they were written from the runs, by name; null of what an earlier format wrote otherwise. */
  texts: Record<string, string | null>;
  /** Of a study, what it searched, and what its optimizers did on each problem. */
  study: { branches: Branch[]; fields: Field[] } | null;
}

/** @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT */
export function openVerifiable(path: string): Verifiable {
  const manifestPath = join(path, "manifest.json");
  if (!existsSync(manifestPath)) {
    throw new RpBenchError("RESULTS_ABSENT", `${path}: not a result folder, it has no manifest.json`);
  }
  const refuse = (what: string) => new RpBenchError("DATA_CORRUPT", `${manifestPath}: ${what}`);
  const other = otherFormat(manifestPath);
  if (other) throw other;
  const manifest = readManifest(manifestPath);
  const folder = ResultFolder.of(path);
  const { datasets } = manifest;
  const nameOf = (key: string) => `${manifestPath}: config.${key}`;
  if (manifest.command !== "run" && manifest.command !== "sweep") {
    throw refuse(`was made by ${manifest.command}; verify reads what run and sweep make`);
  }
  const contents =
    manifest.command === "run" ? runFolder(folder, manifest, nameOf) : studyFolder(folder, manifest, nameOf);
  return { folder, manifest, datasets, ...contents };
}

type Contents = Pick<Verifiable, "settings" | "runs" | "texts" | "study">;

function runFolder(
  folder: ResultFolder,
  manifest: WrittenManifest,
  nameOf: (key: string) => string,
): Contents {
  const config = parseWith(runConfigSchema, manifest.config, nameOf, "DATA_CORRUPT");
  const { dataset, epochs, evalEvery, activation, loss, curvatureBound, trainLimit } = config;
  const layerSizes = layerSizesFor(dataset, config.layerSizes, nameOf("layerSizes"));
  const datasetTitle = factsOf(requireFacts(manifest, [dataset], nameOf), dataset).title;
  const title = manifest.formatVersion === 1 ? datasetTitle : titleOfRun({ loss, activation }, datasetTitle);
  const runs = config.optimizers.flatMap((entry) =>
    seedsOf(config).map((seed) => ({
      ...{ problem: dataset, title, dataset, label: entry.label, variant: "" },
      ...{ learningRate: entry.learningRate, seed, role: "final" as const },
      ...{ loss, curvatureBound, activation, trainLimit, epochs, evalEvery, layerSizes, entry },
    })),
  );
  const rows = runs.flatMap((run) => {
    const made = folder.read(run);
    return made ? [summarize(made.record, made.rows, config.targetLoss)] : [];
  });
  return {
    ...{ settings: config, runs },
    texts: { "summary.csv": summaryText(rows, manifest.formatVersion) },
    study: null,
  };
}

function studyFolder(
  folder: ResultFolder,
  manifest: WrittenManifest,
  nameOf: (key: string) => string,
): Contents {
  const parsed = parseWith(studyConfigSchema, manifest.config, nameOf, "DATA_CORRUPT");
  const names = parsed.datasets.map(({ name }) => name);
  const facts = requireFacts(manifest, names, nameOf);
  // In format 1 every problem was called as its dataset was.
  const datasets = parsed.datasets.map((problem) => ({
    ...problem,
    ...(manifest.formatVersion === 1
      ? { problem: problem.name, title: factsOf(facts, problem.name).title }
      : {}),
  }));
  const config = completeStudy({ ...parsed, datasets }, nameOf);
  const resultOf = (run: PlannedRun) => {
    const made = folder.read(run);
    return made && made.record.status !== "interrupted" ? made : undefined;
  };
  const branches = planStudy(config, facts, resultOf);
  const fields = fieldsOf(config, folder.path, branches, resultOf);
  return {
    settings: config,
    runs: branches.flatMap(({ runs }) => runs),
    study: { branches, fields },
    texts: {
      ...summaryTexts(summaryRows(branches, resultOf), manifest.formatVersion),
      "selection.csv": selectionText(branches, manifest.formatVersion),
      // Those of format 1 said less.
      "findings.md": manifest.formatVersion === 1 ? null : findingsText(fields),
    },
  };
}

/** @throws RpBenchError DATA_CORRUPT where the manifest says nothing of one of these datasets */
function requireFacts(
  { datasets }: WrittenManifest,
  names: readonly DatasetName[],
  nameOf: (key: string) => string,
): DatasetFacts[] {
  const unknown = names.find((name) => !datasets.some((facts) => facts.name === name));
  if (unknown === undefined) return datasets;
  const message = `${nameOf("datasets")}: has runs of ${unknown}, and says nothing of its files`;
  throw new RpBenchError("DATA_CORRUPT", message);
}
