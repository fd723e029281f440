// What there is of all that rp-bench uses, and what brings the rest.

import { CATALOGUE, DATASET_NAMES } from "../data/catalogue.js";
import { surveyDataset } from "../data/survey.js";
import { createEngine } from "../engines/create-engine.js";
import type { Engine } from "../engines/engine.js";
import { BACKEND_NAMES } from "../engines/tfjs/options.js";
import { messageOf } from "../errors.js";
import { absent, bad, type Finding, ok } from "./findings.js";
import { inspectCompiler, inspectDrawing, inspectNode, inspectProcessor, inspectWriting } from "./machine.js";
import { selfTest } from "./self-test.js";

export interface Diagnosis {
  /** Whether `rp-bench run`, without options, can do its work. */
  canRun: boolean;
  findings: Finding[];
}

export async function diagnose({ dataDir }: { dataDir?: string | undefined } = {}): Promise<Diagnosis> {
  const inspections: [string, () => Finding[] | Finding | Promise<Finding[]>][] = [
    ["node", () => inspectNode()],
    ["processor", inspectProcessor],
    ["engine native", () => inspectKernels("native")],
    ["engine wasm", () => inspectKernels("wasm")],
    ["engine reference", () => ok("engine reference", "always there; some 100 times slower than native")],
    ["engine tfjs", inspectBackends],
    ["datasets", () => inspectDatasets(dataDir)],
    ["compiler", inspectCompiler],
    ["writing", () => inspectWriting()],
    ["figures", inspectDrawing],
  ];
  const findings: Finding[] = [];
  for (const [what, inspect] of inspections) {
    try {
      findings.push(...[await inspect()].flat());
    } catch (error) {
      findings.push(bad(what, ...splitRemedy(messageOf(error))));
    }
  }
  return { canRun: findings.every(({ state }) => state !== "bad"), findings };
}

/** Slow without it, wrong with a broken one. */
async function inspectKernels(name: "native" | "wasm"): Promise<Finding[]> {
  let engine: Engine;
  try {
    engine = await createEngine(name);
  } catch (error) {
    return [absent(`engine ${name}`, ...splitRemedy(messageOf(error)))];
  }
  const { instructionSet, threads } = engine.description;
  return [ok(`engine ${name}`, `${instructionSet} kernels, ${threads} threads`), await selfTest(engine)];
}

async function inspectBackends(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const backend of BACKEND_NAMES) {
    const what = `engine tfjs, ${backend}`;
    try {
      const { description } = await createEngine("tfjs", { backend });
      findings.push(ok(what, description.instructionSet));
    } catch (error) {
      findings.push(absent(what, ...splitRemedy(messageOf(error))));
    }
  }
  return findings;
}

/** MNIST is what `run` takes where nothing is said. */
async function inspectDatasets(dataDir: string | undefined): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of DATASET_NAMES) {
    const { state, where, get } = await surveyDataset(CATALOGUE[name], { dataDir });
    const what = `dataset ${name}`;
    const detail = where === null ? "not here" : `${state}, ${where}`;
    if (get === null) findings.push(ok(what, detail));
    else findings.push((name === "mnist" ? bad : absent)(what, detail, get));
  }
  return findings;
}

/** Messages of absent things end with what brings them. */
function splitRemedy(message: string): [string, string | null] {
  const at = message.lastIndexOf("; ");
  return at < 0 ? [message, null] : [message.slice(0, at), message.slice(at + 2).replace("install it: ", "")];
}
