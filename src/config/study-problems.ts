// The problems of a study: a dataset and what is done with it. A problem's name tells its files, its title is for people.

import { RpBenchError } from "../errors.js";
import { requireWarmup, stepsOf } from "./presets.js";
import { layerSizesFor, requireOutputs } from "./resolve.js";
import type { ParsedStudy, StudyConfig, StudyProblem } from "./study-schema.js";
import { variantsOf } from "./study-search.js";

type NameOf = (key: string) => string;

/**
 * What an entry leaves out is the study's.
 *
 * @throws RpBenchError CONFIG_INVALID
 */
export function resolveProblems(study: ParsedStudy, nameOf: NameOf): StudyProblem[] {
  const problems = study.datasets.map((entry, index): StudyProblem => {
    const { name, trainLimit = study.trainLimit, evalEvery = study.evalEvery } = entry;
    const { loss = study.loss, curvatureBound = study.curvatureBound } = entry;
    const { activation = study.activation, epochs = study.epochs } = entry;
    const layerSizes = layerSizesFor(name, entry.layerSizes, nameOf(`datasets[${index}].layerSizes`));
    requireOutputs(study.optimizers, name, nameOf, `the network on ${name}`);
    const problem = entry.problem ?? defaultName({ name, loss, activation, trainLimit }, study);
    return { ...entry, problem, layerSizes, loss, curvatureBound, activation, trainLimit, epochs, evalEvery };
  });
  problems.forEach(({ problem }, index) => {
    if (problems.findIndex((one) => one.problem === problem) === index) return;
    const key = study.datasets[index].problem === undefined ? "name" : "problem";
    const where = nameOf(`datasets[${index}].${key}`);
    const message = `${where}: "${problem}" is there twice; give one of them another name as its problem`;
    throw new RpBenchError("CONFIG_INVALID", message);
  });
  requireFileNames(problems, study, nameOf);
  requireWarmups(problems, study, nameOf);
  return problems;
}

type Told = Pick<StudyProblem, "name" | "loss" | "activation" | "trainLimit">;

/** mnist, mnist-cross-entropy-relu, mnist-1000-images */
function defaultName({ name, loss, activation, trainLimit }: Told, study: Pick<StudyConfig, "trainLimit">) {
  return [
    name,
    ...(loss === "mse" ? [] : [loss]),
    ...(activation === "tanh" ? [] : [activation]),
    ...(trainLimit === study.trainLimit ? [] : [`${trainLimit ?? "all"}-images`]),
  ].join("-");
}

/** "MNIST, cross-entropy, 1,000 images"; of a problem with a name of its own that, too. */
export function titleOfProblem(
  problem: StudyProblem,
  study: Pick<StudyConfig, "trainLimit">,
  datasetTitle: string,
): string {
  if (problem.title !== undefined) return problem.title;
  const { trainLimit } = problem;
  const images = trainLimit === null ? "all" : trainLimit.toLocaleString("en-US");
  const more = trainLimit === study.trainLimit ? "" : `, ${images} images`;
  const own = problem.problem === defaultName(problem, study) ? "" : ` (${problem.problem})`;
  return `${titleOfRun(problem, datasetTitle)}${more}${own}`;
}

/** The dataset's, and what of the loss and the activation is not as by default. */
export function titleOfRun(
  { loss, activation }: Pick<StudyProblem, "loss" | "activation">,
  datasetTitle: string,
): string {
  const told = [...(loss === "mse" ? [] : [loss]), ...(activation === "tanh" ? [] : [activation])];
  return [datasetTitle, ...told].join(", ");
}

/** No rate may rise for longer than the shortest run lasts, which a tuning run is as a rule. */
function requireWarmups(problems: readonly StudyProblem[], study: ParsedStudy, nameOf: NameOf): void {
  for (const { name, trainLimit, epochs, tuningEpochs } of problems) {
    const shortest = Math.min(epochs, tuningEpochs);
    const steps = stepsOf(name, { batchSize: study.batchSize, epochs: shortest, trainLimit });
    requireWarmup(study.optimizers, steps, nameOf);
    study.optimizers.forEach((entry, index) => {
      const settings = variantsOf(entry).map((variant) => variant.settings);
      const inSearch = (key: string) => nameOf(`optimizers[${index}].${key.replace("optimizers", "search")}`);
      requireWarmup(settings, steps, inSearch);
    });
  }
}

/** Names, labels and settings stand side by side in file names, where no two may look the same. */
function requireFileNames(
  problems: readonly StudyProblem[],
  { optimizers }: ParsedStudy,
  nameOf: NameOf,
): void {
  const owners = new Map<string, string>();
  for (const { problem } of problems) {
    for (const entry of optimizers) {
      for (const { name } of variantsOf(entry)) {
        const stem = `${problem}-${entry.label}${name && `-${name}`}`;
        const owner = `${entry.label} on ${problem}${name && ` with ${name}`}`;
        const other = owners.get(stem);
        if (other !== undefined) {
          const message = `${nameOf("optimizers")}: ${other} and ${owner} would have the same files, ${stem}-…; change a label`;
          throw new RpBenchError("CONFIG_INVALID", message);
        }
        owners.set(stem, owner);
      }
    }
  }
}
