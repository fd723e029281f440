// Whether a result folder is what its program would write: nothing is believed that can be computed.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "../data/catalogue.js";
import { loadDataset } from "../data/load.js";
import { locateDataset } from "../data/locate.js";
import { messageOf } from "../errors.js";
import { asWrittenText } from "../results/edited-text.js";
import type { DatasetFacts } from "../results/manifest.js";
import type { LoadedRun } from "../results/result-folder.js";
import { runName } from "../results/run-name.js";
import type { PlannedRun } from "../sweep/plan.js";
import { factsOfRun } from "../training/run-facts.js";
import type { Verifiable } from "./folder.js";

/** One thing that was verified. */
export interface Verification {
  what: string;
  /** "not verified": nothing here to compare with; "not verifiable": nothing could be, on whatever machine. */
  state: "ok" | "differs" | "not verified" | "not verifiable";
  detail: string;
}

const TIMES: Verification = {
  what: "times",
  state: "not verifiable",
  detail:
    "seconds and milliseconds are those of a clock that nobody can read again; verified is what follows from them",
};

export async function verifyFolder(
  verifiable: Verifiable,
  { dataDir }: { dataDir: string | undefined },
): Promise<Verification[]> {
  const { datasets, folder, texts } = verifiable;
  const verifications: Verification[] = [];
  for (const facts of datasets) verifications.push(await verifyDataset(facts, dataDir));
  verifications.push(verifyRuns(verifiable), ...verifyParameters(verifiable));
  for (const [name, text] of Object.entries(texts)) {
    verifications.push(verifyText(join(folder.path, name), name, text));
  }
  return [...verifications, TIMES];
}

/** Its checksums against those of the known files, and of the files that are here. */
async function verifyDataset(facts: DatasetFacts, dataDir: string | undefined): Promise<Verification> {
  const entry = CATALOGUE[facts.name];
  const what = `dataset ${facts.name}`;
  const known = Object.fromEntries(entry.files.map(({ name, sha256 }) => [name, sha256]));
  const images = entry.files.find(({ holds, name }) => holds !== "labels" && !facts.checksums[name]);
  if (images) return { what, state: "differs", detail: `the manifest has no checksum of ${images.name}` };
  const differing = unequal(facts.checksums, known);
  if (facts.verified && differing) {
    const detail = `${differing} is not the known file, and the manifest says it is`;
    return { what, state: "differs", detail };
  }
  const kind = facts.verified ? "the known files" : "files other than the known ones, as its title says";
  const unknown = facts.verified ? "ok" : "not verified";
  if (!locateDataset(entry, { dataDir })) {
    return { what, state: unknown, detail: `${kind}; none are here to compare` };
  }
  try {
    const here = await loadDataset(facts.name, { dataDir });
    const changed = unequal(facts.checksums, here.checksums);
    const { folder } = here.location;
    return changed
      ? { what, state: unknown, detail: `${kind}; those in ${folder} are others (${changed})` }
      : { what, state: "ok", detail: `${kind}, as those in ${folder}` };
  } catch (error) {
    return { what, state: unknown, detail: `${kind}; those that are here do not read: ${messageOf(error)}` };
  }
}

/** The first file whose checksum is not the other's, of those that both have. */
function unequal(a: Record<string, string>, b: Record<string, string>): string | undefined {
  return Object.keys(a).find((file) => b[file] !== undefined && a[file] !== b[file]);
}

/** Every record beside the log it was written for. */
function verifyRuns(verifiable: Verifiable): Verification {
  const { folder, runs } = verifiable;
  const what = "runs";
  let made = 0;
  let edited = 0;
  for (const run of runs) {
    try {
      const there = folder.load(run);
      if (there) made++;
      if (there?.edited) edited++;
      const wrong = there && mismatch(there, run);
      if (wrong) return { what, state: "differs", detail: `${folder.recordPath(run)}: ${wrong}` };
    } catch (error) {
      return { what, state: "differs", detail: messageOf(error) };
    }
  }
  const missing = runs.filter((run) => !existsSync(folder.recordPath(run)));
  const left = missing.length > 0 ? `; ${missing.length} are not made, ${runName(missing[0])} the first` : "";
  const ends = edited > 0 ? `; the line ends of ${edited} were changed, as git and editors do` : "";
  const detail = `${made} logs are those that their records were written for${ends}${left}`;
  return { what, state: "ok", detail };
}

/** Saved parameters beside the records of their runs; nothing where none were saved. */
function verifyParameters({ folder, runs }: Verifiable): Verification[] {
  const what = "parameters";
  const counts = { same: 0, unknown: 0, gone: 0 };
  for (const run of runs) {
    const record = folder.read(run)?.record;
    if (!record) continue;
    const [path, known] = [folder.parametersPath(run), record.parametersSha256 !== null];
    if (!existsSync(path)) counts.gone += known ? 1 : 0;
    else if (!known) counts.unknown++;
    else if (folder.hasParameters(run, record)) counts.same++;
    else
      return [{ what, state: "differs", detail: `${path}: are not the parameters that the run ended with` }];
  }
  const { same, unknown, gone } = counts;
  if (same + unknown + gone === 0) return [];
  const parts = [
    `${same} files are those that their runs ended with`,
    ...(unknown > 0 ? [`the records of ${unknown} have no checksum`] : []),
    ...(gone > 0 ? [`${gone} are no longer there`] : []),
  ];
  return [{ what, state: unknown + gone > 0 ? "not verified" : "ok", detail: parts.join("; ") }];
}

/** What in a made run is not as the folder's configuration has it; null where nothing is. */
function mismatch({ record, rows }: LoadedRun, run: PlannedRun): string | null {
  const facts = Object.entries(factsOfRun(run));
  const written = new Map(Object.entries(record));
  const wrong = facts.find(([key, value]) => written.get(key) !== value);
  if (wrong) {
    const [key, value] = wrong;
    return `its ${key} is ${JSON.stringify(written.get(key))}, the run's ${JSON.stringify(value)}`;
  }
  const last = rows.at(-1)?.epoch;
  if (record.status !== "done" || last === run.epochs) return null;
  return `it is done after ${last} epochs, the run has ${run.epochs}`;
}

function verifyText(path: string, name: string, expected: string | null): Verification {
  if (!existsSync(path)) return { what: name, state: "not verified", detail: "is not there" };
  if (expected === null) {
    const detail = "is of an earlier format, for which this program writes other words";
    return { what: name, state: "not verified", detail };
  }
  const found = readFileSync(path, "utf8");
  const lines = lineEndsApart(found, expected).split("\n");
  const wanted = expected.split("\n");
  const at = wanted.findIndex((line, index) => line !== lines[index]);
  if (at < 0 && lines.length === wanted.length)
    return {
      what: name,
      state: "ok",
      detail: `${lines.length - 1} lines follow from the runs${found === expected ? "" : LINE_ENDS}`,
    };
  const index = at < 0 ? wanted.length : at;
  const detail = `line ${index + 1} is ${quoted(lines[index])}, the runs give ${quoted(wanted[index])}`;
  return { what: name, state: "differs", detail };
}

const LINE_ENDS = "; its line ends were changed, as git and editors do";

/** A file's text; where only its line ends are not as this program writes them, with those. */
function lineEndsApart(found: string, expected: string): string {
  const written = asWrittenText(found);
  return found.includes("\r") || written === expected ? written : found;
}

function quoted(line: string | undefined): string {
  return line === undefined ? "missing" : `"${line.length > 120 ? `${line.slice(0, 117)}...` : line}"`;
}
