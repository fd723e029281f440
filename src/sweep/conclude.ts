// What follows when a study's runs are made: step times, findings, figures.

import { join } from "node:path";
import type { StudyConfig } from "../config/study-schema.js";
import { createEngine } from "../engines/create-engine.js";
import type { Engine } from "../engines/engine.js";
import { drawFigures } from "../figures/draw-figures.js";
import { writeFileAtomically } from "../files/files.js";
import {
  readStepTimeRows,
  readStepTimes,
  type StepTimeRow,
  stepTimesPath,
  stepTimesText,
} from "../results/step-times.js";
import { prepareDataset } from "../training/prepare.js";
import type { SignalledGuard } from "../training/run.js";
import { contenderOf } from "./claims.js";
import type { Field } from "./field.js";
import { findingsText } from "./findings.js";
import type { Branch, ResultOf } from "./plan.js";
import { processorsOf } from "./processors.js";
import { measureStepTimes } from "./step-times.js";
import type { StudyResult } from "./study.js";
import { type Survey, sameEngineOptions } from "./survey.js";

export interface Conclusion {
  fields: Field[];
  findings: string;
  figures: string[];
}

export interface ConclusionOptions {
  dataDir: string | undefined;
  guard: SignalledGuard;
  /** Whether steps were timed where the runs were made. */
  timed?: boolean;
}

export async function concludeStudy(
  config: StudyConfig,
  survey: Survey,
  { folder, branches, resultOf }: Pick<StudyResult, "folder" | "branches" | "resultOf">,
  { dataDir, guard, timed = false }: ConclusionOptions,
): Promise<Conclusion> {
  await folder.alone(async () => {
    if (!timed && !timesAreThere(folder.path, branches, survey))
      await writeStepTimes(config, survey, folder.path, branches, dataDir, guard);
  });
  const fields = fieldsOf(config, folder.path, branches, resultOf);
  const findings = join(folder.path, "findings.md");
  writeFileAtomically(findings, findingsText(fields));
  const drawable = branches.some(({ runs }) => runs.some((run) => resultOf(run)?.rows.length));
  return { fields, findings, figures: drawable ? drawFigures(folder.path, "png") : [] };
}

/** A study's results by problem, with the step times its folder holds. */
export function fieldsOf(
  { datasets: problems, mostTrials }: StudyConfig,
  path: string,
  branches: readonly Branch[],
  resultOf: ResultOf,
): Field[] {
  const timeOf = readStepTimes(path);
  const processors = processorsOf(branches, resultOf);
  return problems.flatMap(({ problem, epochs }) => {
    const own = branches.filter((branch) => branch.problem.problem === problem);
    const contenders = own.map((branch) =>
      contenderOf(branch, resultOf, timeOf(problem, branch.entry.label)),
    );
    return own.slice(0, 1).map(({ title }) => ({ title, epochs, mostTrials, contenders, processors }));
  });
}

/** Whether every chosen rate was timed, by this engine or, without one, any. */
export function timesAreThere(path: string, branches: readonly Branch[], survey?: Survey): boolean {
  const rows = readStepTimeRows(path);
  return branches.every(
    ({ problem, entry, search: { chosen } }) =>
      !chosen ||
      rows.some(
        (row) =>
          row.problem === problem.problem &&
          row.label === entry.label &&
          Number(row.learning_rate) === chosen.rate &&
          (!survey || row.instruction_set === survey.engine.instructionSet),
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
  const rows = await timeSteps(engine, config, branches, dataDir, guard);
  writeFileAtomically(stepTimesPath(path), stepTimesText(rows));
}

/** Of every optimizer at its chosen rate on every problem. */
export async function timeSteps(
  engine: Engine,
  config: StudyConfig,
  branches: readonly Branch[],
  dataDir: string | undefined,
  guard: SignalledGuard,
): Promise<StepTimeRow[]> {
  const rows = [];
  for (const { problem, name, trainLimit } of config.datasets) {
    const sizes = { trainLimit, batchSize: config.batchSize };
    const { splits } = await prepareDataset(name, sizes, { dataDir, warn() {} });
    const own = branches.filter((branch) => branch.problem.problem === problem);
    rows.push(...(await measureStepTimes(engine, config, own, splits, guard)));
  }
  return rows;
}
