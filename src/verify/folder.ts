// A result folder as its manifest says it was made: what its runs are, what its tables must hold.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { layerSizesFor } from "../config/resolve.js";
import { runConfigSchema } from "../config/schema.js";
import { type StudyConfig, studyConfigSchema } from "../config/study-schema.js";
import { RpBenchError } from "../errors.js";
import { csvText } from "../results/csv.js";
import { type DatasetFacts, otherFormat, readManifest, type WrittenManifest } from "../results/manifest.js";
import { ResultFolder } from "../results/result-folder.js";
import { summarize, summaryText } from "../results/summary.js";
import { fieldsOf } from "../sweep/conclude.js";
import { findingsText } from "../sweep/findings.js";
import { type PlannedRun, planStudy } from "../sweep/plan.js";
import { SELECTION_COLUMNS, selectionRows, summaryRows } from "../sweep/tables.js";
import { parseWith } from "../validation.js";

export interface Verifiable {
  folder: ResultFolder;
  manifest: WrittenManifest;
  datasets: DatasetFacts[];
  settings: Pick<StudyConfig, "activation" | "batchSize" | "trainLimit">;
  /** Every run that belongs to the folder, made or not. */
  runs: PlannedRun[];
  /** What files hold if they were written from the runs, by name. */
  texts: Record<string, string>;
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
    manifest.command === "run"
      ? runFolder(folder, manifest, nameOf)
      : studyFolder(folder, manifest, datasets, nameOf);
  const unknown = contents.runs.find(({ dataset }) => !datasets.some(({ name }) => name === dataset));
  if (unknown) throw refuse(`has runs of ${unknown.dataset}, and says nothing of its files`);
  return { folder, manifest, datasets, ...contents };
}

type Contents = Pick<Verifiable, "settings" | "runs" | "texts">;

function runFolder(
  folder: ResultFolder,
  manifest: WrittenManifest,
  nameOf: (key: string) => string,
): Contents {
  const config = parseWith(runConfigSchema, manifest.config, nameOf, "DATA_CORRUPT");
  const { dataset, seed, epochs, evalEvery, loss, curvatureBound } = config;
  const layerSizes = layerSizesFor(dataset, config.layerSizes, nameOf("layerSizes"));
  const runs = config.optimizers.map((entry) => ({
    ...{ dataset, label: entry.label, learningRate: entry.learningRate, seed, role: "final" as const },
    ...{ epochs, evalEvery, layerSizes, loss, curvatureBound, entry },
  }));
  const rows = runs.flatMap((run) => {
    const made = folder.read(run);
    return made ? [summarize(made.record, made.rows, config.targetLoss)] : [];
  });
  return {
    ...{ settings: config, runs },
    texts: { "summary.csv": summaryText(rows) },
  };
}

function studyFolder(
  folder: ResultFolder,
  manifest: WrittenManifest,
  datasets: DatasetFacts[],
  nameOf: (key: string) => string,
): Contents {
  const { $schema: _, ...parsed } = parseWith(studyConfigSchema, manifest.config, nameOf, "DATA_CORRUPT");
  const config: StudyConfig = {
    ...parsed,
    datasets: parsed.datasets.map((dataset) => ({
      ...dataset,
      layerSizes: layerSizesFor(dataset.name, dataset.layerSizes, nameOf("datasets")),
    })),
  };
  const resultOf = (run: PlannedRun) => {
    const made = folder.read(run);
    return made && made.record.status !== "interrupted" ? made : undefined;
  };
  const branches = planStudy(config, resultOf);
  const fields = fieldsOf(config, { datasets }, folder.path, branches, resultOf);
  return {
    settings: config,
    runs: branches.flatMap(({ runs }) => runs),
    texts: {
      "summary.csv": summaryText(summaryRows(branches, resultOf)),
      "selection.csv": csvText(SELECTION_COLUMNS, branches.flatMap(selectionRows)),
      "findings.md": findingsText(fields),
    },
  };
}
