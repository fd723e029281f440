// Reads result folders into what the page shows.

import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CATALOGUE, type DatasetName } from "../data/catalogue.js";
import { type Dataset, loadDataset } from "../data/load.js";
import { messageOf, RpBenchError } from "../errors.js";
import { byProblem, titleOf } from "../figures/groups.js";
import { lossAgainstRate } from "../figures/learning-rates.js";
import { overfittingCharts } from "../figures/overfitting.js";
import { packageVersion, readManifest, type WrittenManifest } from "../results/manifest.js";
import { type RunResult, readResults } from "../results/results.js";
import { openVerifiable, type Verifiable } from "../verify/folder.js";
import { budgetChart, pairedChart, profileCharts } from "./charts.js";
import { claimModels } from "./claims.js";
import { datasetTable, factsOf, repeatOf } from "./facts.js";
import { lossPanel, rowsShown } from "./losses.js";
import type { FolderModel, ProblemModel, ReportModel } from "./model.js";
import { reconstructionsOf } from "./reconstructions.js";
import { comparisonTable, lostRuns, resultTable, runsTable, searchTable } from "./tables.js";

export interface GatherOptions {
  /** Where datasets are looked for first. */
  dataDir?: string | undefined;
  /** A dataset that need not be read again. */
  loaded?: Dataset | undefined;
  /** Told of what cannot be read; the page says it, too. */
  warn?(message: string): void;
  /** A folder in which no run has a row yet is shown without any. */
  unfinished?: boolean;
}

/** @throws RpBenchError RESULTS_ABSENT, DATA_CORRUPT of a folder that holds nothing to show */
export async function gatherReport(
  paths: readonly string[],
  options: GatherOptions = {},
): Promise<ReportModel> {
  const folders: { model: FolderModel; results: RunResult[] }[] = [];
  for (const path of paths) {
    const taken = folders.map(({ model }) => model.name);
    folders.push(await gatherFolder(path, nameOf(path, taken), options));
  }
  const models = folders.map(({ model }) => model);
  return {
    title: `rp-bench: ${models.map(({ name }) => name).join(" beside ")}`,
    version: packageVersion(),
    folders: models,
    comparison: comparisonTable(folders.map(({ model, results }) => ({ name: model.name, results }))),
  };
}

/** Its own name, with a number where another folder has it, and no path of the machine. */
function nameOf(path: string, taken: readonly string[]): string {
  const name = basename(resolve(path));
  const count = taken.filter((one) => one === name || one.startsWith(`${name} (`)).length;
  return count === 0 ? name : `${name} (${count + 1})`;
}

async function gatherFolder(
  path: string,
  name: string,
  { dataDir, loaded, warn, unfinished }: GatherOptions,
): Promise<{ model: FolderModel; results: RunResult[] }> {
  const warnings: string[] = [];
  const note = (message: string) => {
    const told = message.replaceAll(path, name); // a page may be sent to others
    if (warnings.includes(told)) return;
    warnings.push(told);
    warn?.(message);
  };
  const results = readOr(() => readResults(path, note), unfinished ? [] : null);
  const manifest = manifestOf(path);
  if (!manifest && !unfinished) {
    note(`${path}: its manifest does not read, so the page cannot say how the runs were made`);
  }
  const load = async (dataset: DatasetName) => {
    const known =
      loaded?.entry.name === dataset
        ? loaded
        : await loadDataset(dataset, dataDir === undefined ? {} : { dataDir });
    return sameFiles(known, manifest);
  };
  const opened = manifest ? openOr(path, note) : null;
  const study = opened?.study ?? null;
  const problems: ProblemModel[] = [];
  const logs = results.filter(({ role }) => role !== "tuning").length;
  for (const [problem, runs] of sorted(results)) {
    const tuning = runs.filter(({ role }) => role === "tuning");
    const final = runs.filter((run) => run.role !== "tuning" && run.rows.length > 0);
    const branches = study?.branches.filter((branch) => branch.problem.problem === problem) ?? [];
    const title = titleOf(runs);
    const field = study?.fields.find((one) => one.title === branches[0]?.title);
    // Runs made side by side have no seconds of their own that could be compared.
    const timed = tuning.length === 0 || final.every((run) => run.medianStepMilliseconds !== null);
    problems.push({
      ...{ problem, title },
      losses: final.length > 0 ? lossPanel(final, timed, rowsShown(logs)) : null,
      search:
        tuning.length > 0
          ? { chart: lossAgainstRate(tuning, final), table: searchTable(title, branches) }
          : null,
      overfitting: final.length > 0 ? overfittingCharts(final) : [],
      paired: field ? pairedChart(field) : null,
      budget: field ? budgetChart(field) : null,
      results: resultTable(
        `${title}: losses at the end`,
        runs.filter(({ role }) => role !== "tuning"),
        field,
      ),
      lost: lostRuns(final),
      reconstructions: await reconstructionsOf(path, final, load),
    });
  }
  const model: FolderModel = {
    ...{ name, problems, warnings },
    facts: manifest ? factsOf(manifest) : [],
    datasets: manifest ? datasetTable(manifest) : null,
    repeat: manifest ? repeatOf(manifest) : null,
    claims: study ? claimModels(study.fields) : [],
    profiles: study ? profileCharts(study.fields) : [],
    runs: runsTable(results),
  };
  return { model, results };
}

/** @throws RpBenchError DATA_CORRUPT where the files here are not those that the runs were made with */
function sameFiles(dataset: Dataset, manifest: WrittenManifest | null): Dataset {
  const { name } = dataset.entry;
  const used = manifest?.datasets.find((one) => one.name === name)?.checksums ?? {};
  const other = Object.entries(used).find(([file, sum]) => (dataset.checksums[file] ?? sum) !== sum);
  if (!other) return dataset;
  throw new RpBenchError(
    "DATA_CORRUPT",
    `the ${name} that is here is not the one of the runs, ${other[0]} differs`,
  );
}

/** In the order of the figures. */
function sorted(results: readonly RunResult[]): [string, RunResult[]][] {
  const letterOf = ([first]: RunResult[]) => CATALOGUE[first.dataset].figure;
  return [...byProblem(results)].sort(
    ([a, one], [b, other]) => letterOf(one).localeCompare(letterOf(other)) || a.localeCompare(b, "en"),
  );
}

/** Where there is nothing yet, `instead`, unless it is null. */
function readOr(read: () => RunResult[], instead: RunResult[] | null): RunResult[] {
  try {
    return read();
  } catch (error) {
    if (instead === null || !(error instanceof RpBenchError && error.code === "RESULTS_ABSENT")) throw error;
    return instead;
  }
}

function manifestOf(path: string): WrittenManifest | null {
  const manifest = join(path, "manifest.json");
  if (!existsSync(manifest)) return null;
  try {
    return readManifest(manifest);
  } catch {
    return null; // the reader of results has told why
  }
}

/** As far as its manifest says what it consists of. */
function openOr(path: string, note: (message: string) => void): Verifiable | null {
  try {
    return openVerifiable(path);
  } catch (error) {
    note(messageOf(error));
    return null;
  }
}
