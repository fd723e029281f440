// What follows when a study's runs are made: step times, findings, figures.

import { join } from "node:path";
import type { StudyConfig } from "../config/study-schema.js";
import { createEngine } from "../engines/create-engine.js";
import { drawFigures } from "../figures/draw-figures.js";
import { writeFileAtomically } from "../files/files.js";
import { readStepTimeRows, readStepTimes, stepTimesPath, stepTimesText } from "../results/step-times.js";
import { prepareDataset } from "../training/prepare.js";
import type { SignalledGuard } from "../training/run.js";
import { contenderOf } from "./claims.js";
import { type Field, findingsText } from "./findings.js";
import type { Branch, ResultOf } from "./plan.js";
import { measureStepTimes } from "./step-times.js";
import type { StudyResult } from "./study.js";
import { type Survey, sameEngineOptions } from "./survey.js";

export interface Conclusion {
  fields: Field[];
  findings: string;
  figures: string[];
}

export async function concludeStudy(
  config: StudyConfig,
  survey: Survey,
  { folder, branches, resultOf }: Pick<StudyResult, "folder" | "branches" | "resultOf">,
  { dataDir, guard }: { dataDir: string | undefined; guard: SignalledGuard },
): Promise<Conclusion> {
  await folder.alone(async () => {
    if (!timesAreThere(folder.path, branches, survey))
      await writeStepTimes(config, survey, folder.path, branches, dataDir, guard);
  });
  const fields = fieldsOf(config, survey, folder.path, branches, resultOf);
  const findings = join(folder.path, "findings.md");
  writeFileAtomically(findings, findingsText(fields));
  const drawable = branches.some(({ runs }) => runs.some((run) => resultOf(run)?.rows.length));
  return { fields, findings, figures: drawable ? drawFigures(folder.path, "png") : [] };
}

/** A study's results by dataset, with the step times its folder holds. */
export function fieldsOf(
  { epochs }: StudyConfig,
  { datasets }: Pick<Survey, "datasets">,
  path: string,
  branches: readonly Branch[],
  resultOf: ResultOf,
): Field[] {
  const timeOf = readStepTimes(path);
  return datasets.map((dataset) => {
    const contenders = branches
      .filter((branch) => branch.dataset.name === dataset.name)
      .map((branch) => contenderOf(branch, resultOf, timeOf(dataset.name, branch.entry.label)));
    return { dataset, epochs, contenders };
  });
}

/** Whether every chosen rate was timed, by this engine. */
function timesAreThere(path: string, branches: readonly Branch[], { engine }: Survey): boolean {
  const rows = readStepTimeRows(path);
  return branches.every(
    ({ dataset, entry, search: { chosen } }) =>
      !chosen ||
      rows.some(
        (row) =>
          row.dataset === dataset.name &&
          row.label === entry.label &&
          Number(row.learning_rate) === chosen.rate &&
          row.instruction_set === engine.instructionSet,
      ),
  );
}

async function writeStepTimes(
  config: StudyConfig,
  survey: Survey,
  path: string,
  branches: readonly Branch[],
  dataDir: string | undefined,
  guard: SignalledGuard,
): Promise<void> {
  const engine = await createEngine(survey.engine.name, { ...sameEngineOptions(survey, config), warn() {} });
  const rows = [];
  for (const { name } of config.datasets) {
    const { splits } = await prepareDataset(name, config, { dataDir, warn() {} });
    const own = branches.filter(({ dataset }) => dataset.name === name);
    rows.push(...(await measureStepTimes(engine, config, own, splits, guard)));
  }
  writeFileAtomically(stepTimesPath(path), stepTimesText(rows));
}
