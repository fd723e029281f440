// Trains runs of a result folder again, and compares.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { type Dataset, loadDataset } from "../data/load.js";
import { type Splits, splitDataset } from "../data/splits.js";
import { createEngine } from "../engines/create-engine.js";
import { ENGINE_NAMES, type Engine } from "../engines/engine.js";
import { BACKEND_NAMES } from "../engines/tfjs/options.js";
import { messageOf, RpBenchError } from "../errors.js";
import { stream } from "../random/streams.js";
import { arithmeticOf, type DatasetFacts, type EngineFacts } from "../results/manifest.js";
import type { LoadedRun } from "../results/result-folder.js";
import type { LogRow } from "../results/run-log.js";
import { readRunLog } from "../results/run-log.js";
import { runName } from "../results/run-name.js";
import type { PlannedRun } from "../sweep/plan.js";
import { trainRun } from "../training/run.js";
import type { Verifiable } from "./folder.js";
import type { Verification } from "./verify.js";

export interface RerunOptions {
  /** How many, drawn at random of those that ended by themselves, but for optimizers of the user's own. */
  count: number;
  dataDir: string | undefined;
  signal: AbortSignal;
  note(text: string): void;
}

/**
 * Trains again what can be: an optimizer of the user's own lies nobody knows where, and data may be absent or other.
 *
 * @throws RpBenchError ENGINE_UNAVAILABLE, INTERRUPTED
 */
export async function rerun(verifiable: Verifiable, options: RerunOptions): Promise<Verification[]> {
  const { folder, manifest } = verifiable;
  const name = ENGINE_NAMES.find((each) => each === manifest.engine.name);
  if (!name) {
    throw new RpBenchError("DATA_CORRUPT", `${folder.path}: no engine is called ${manifest.engine.name}`);
  }
  const backend = BACKEND_NAMES.find((each) => each === manifest.engine.instructionSet);
  const engine = await createEngine(name, name === "tfjs" ? { backend } : {});
  const made = verifiable.runs.filter((run) => folder.finished(run) !== null);
  const datasets = new Map<string, Dataset>();
  const obstacles: string[] = [];
  for (const facts of verifiable.datasets) {
    try {
      datasets.set(facts.name, await datasetOf(facts, options.dataDir));
    } catch (error) {
      obstacles.push(messageOf(error));
    }
  }
  const able = made.filter((run) => run.entry.name !== "module" && datasets.has(run.dataset));
  const own = made.filter((run) => run.entry.name === "module").length;
  if (own > 0) obstacles.push(`${own} are of optimizers of the user's own`);
  const verifications: Verification[] = [];
  for (const run of drawn(able, options.count)) {
    const known = datasets.get(run.dataset);
    if (!known) continue;
    options.note(`${runName(run)}: trained again`);
    const splits = splitDataset(known, run.trainLimit);
    verifications.push(await compare(verifiable, run, engine, splits, options.signal));
  }
  if (verifications.length < options.count) {
    const why = [`only ${able.length} of ${made.length} finished runs can be`, ...obstacles].join("; ");
    verifications.push({ what: "more, trained again", state: "not verified", detail: why });
  }
  return verifications;
}

/** Without repetition, another draw each time. */
function drawn(runs: readonly PlannedRun[], count: number): PlannedRun[] {
  const random = stream(Date.now(), "verification");
  const left = [...runs];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(uniformInt(random, 0, left.length - 1), 1),
  ).flat();
}

async function datasetOf({ name, checksums }: DatasetFacts, dataDir: string | undefined): Promise<Dataset> {
  const dataset = await loadDataset(name, { dataDir });
  const changed = Object.keys(checksums).find((file) => checksums[file] !== dataset.checksums[file]);
  if (changed) {
    const message = `${dataset.location.folder}: ${changed} is not the file that the runs were trained on (--data-dir names a folder that has it)`;
    throw new RpBenchError("DATA_CORRUPT", message);
  }
  return dataset;
}

/** What rounds alike has the same name; null where an engine does not promise the same digits to itself. */
function roundingOf(
  { name, instructionSet }: Pick<EngineFacts, "name" | "instructionSet">,
  { v8 }: { v8?: string },
): string | null {
  if (name === "native" || name === "wasm") return arithmeticOf({ instructionSet });
  return name === "reference" ? `V8 ${v8}` : null; // whose exponential and hyperbolic functions it has
}

async function compare(
  { folder, manifest, settings }: Verifiable,
  run: PlannedRun,
  engine: Engine,
  splits: Splits,
  signal: AbortSignal,
): Promise<Verification> {
  const what = `${runName(run)}, trained again`;
  const before = folder.load(run);
  if (!before) throw new RpBenchError("DATA_CORRUPT", `${folder.recordPath(run)}: went away`);
  const scratch = mkdtempSync(join(tmpdir(), "rp-bench-verify-"));
  try {
    const logPath = join(scratch, "log.csv");
    const { batchSize } = settings;
    const saveParameters = before.record.parametersSha256 !== null;
    const spec = { ...run, batchSize, saveParameters, logPath };
    const { record } = await trainRun(spec, { engine, splits, signal });
    if (record.status === "interrupted") throw new RpBenchError("INTERRUPTED", "interrupted");
    const difference = differenceOf(before, { record, rows: readRunLog(logPath) });
    if (difference === null) {
      const also = saveParameters ? " and parameters" : "";
      return { what, state: "ok", detail: `the same losses${also}, to the last digit` };
    }
    const there = roundingOf(manifest.engine, manifest.versions);
    const here = roundingOf(engine.description, process.versions);
    if (there === here && there !== null) return { what, state: "differs", detail: difference };
    const why =
      there === null
        ? `${manifest.engine.name} does not promise the same digits`
        : `${engine.description.instructionSet} here rounds otherwise than ${manifest.engine.instructionSet} there`;
    return { what, state: "not verified", detail: `${difference}; ${why}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** In words; null where how a run ended, its losses and its parameters are the same, to the last digit. */
function differenceOf(
  before: Pick<LoadedRun, "record" | "rows">,
  now: Pick<LoadedRun, "record" | "rows">,
): string | null {
  const outcome = ({ record }: typeof now) => `${record.status} at step ${record.step}`;
  if (outcome(before) !== outcome(now)) return `${outcome(before)} there, ${outcome(now)} here`;
  const off = largestDifference(before.rows, now.rows);
  if (off === Number.POSITIVE_INFINITY) return "the logs have other rows";
  if (off > 0) return `losses differ by up to ${(100 * off).toPrecision(2)} %`;
  if (before.record.lastFiniteLoss !== now.record.lastFiniteLoss) return "the last batch losses differ";
  return before.record.parametersSha256 === now.record.parametersSha256 ? null : "the parameters differ";
}

/** Over all losses of two logs; infinite where they have other rows. */
function largestDifference(before: readonly LogRow[], now: readonly LogRow[]): number {
  if (before.length !== now.length) return Number.POSITIVE_INFINITY;
  const relative = (a: number, b: number) =>
    a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
  return Math.max(
    0,
    ...before.map((row, index) =>
      row.step === now[index].step
        ? Math.max(
            relative(row.trainLoss, now[index].trainLoss),
            relative(row.validationLoss, now[index].validationLoss),
            relative(row.testLoss, now[index].testLoss),
          )
        : Number.POSITIVE_INFINITY,
    ),
  );
}
