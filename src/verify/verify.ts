// Whether a result folder is what its program would write: nothing is believed that can be computed.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "../data/catalogue.js";
import { loadDataset } from "../data/load.js";
import { locateDataset } from "../data/locate.js";
import { messageOf } from "../errors.js";
import type { DatasetFacts } from "../output/manifest.js";
import { runName } from "../output/run-name.js";
import type { Verifiable } from "./folder.js";

/** One thing that was verified. */
export interface Verification {
  what: string;
  state: "ok" | "differs" | "not verified";
  detail: string;
}

export async function verifyFolder(
  verifiable: Verifiable,
  { dataDir }: { dataDir: string | undefined },
): Promise<Verification[]> {
  const { datasets, folder, texts } = verifiable;
  const verifications: Verification[] = [];
  for (const facts of datasets) verifications.push(...(await verifyDataset(facts, dataDir)));
  verifications.push(verifyRuns(verifiable));
  for (const [name, text] of Object.entries(texts)) {
    verifications.push(verifyText(join(folder.path, name), name, text));
  }
  return verifications;
}

/** Its checksums against those of the known files, and of the files that are here. */
async function verifyDataset(facts: DatasetFacts, dataDir: string | undefined): Promise<Verification[]> {
  const entry = CATALOGUE[facts.name];
  const what = `dataset ${facts.name}`;
  const known = Object.fromEntries(entry.files.map(({ name, sha256 }) => [name, sha256]));
  const differing = unequal(facts.checksums, known);
  if (facts.verified && differing) {
    return [
      { what, state: "differs", detail: `${differing} is not the known file, and the manifest says it is` },
    ];
  }
  const kind = facts.verified ? "the known files" : "files other than the known ones, as its title says";
  if (!locateDataset(entry, { dataDir })) {
    const state = facts.verified ? "ok" : "not verified";
    return [{ what, state, detail: `${kind}; none are here to compare` }];
  }
  const here = await loadDataset(facts.name, { dataDir });
  const changed = unequal(facts.checksums, here.checksums);
  if (!changed) return [{ what, state: "ok", detail: `${kind}, as those in ${here.location.folder}` }];
  const detail = `${kind}; those in ${here.location.folder} are others (${changed})`;
  return [{ what, state: facts.verified ? "ok" : "not verified", detail }];
}

/** The first file whose checksum is not the other's, of those that both have. */
function unequal(a: Record<string, string>, b: Record<string, string>): string | undefined {
  return Object.keys(a).find((file) => b[file] !== undefined && a[file] !== b[file]);
}

/** Every record beside the log it was written for. */
function verifyRuns({ folder, runs }: Verifiable): Verification {
  const what = "runs";
  let made = 0;
  for (const run of runs) {
    try {
      if (folder.load(run)) made++;
    } catch (error) {
      return { what, state: "differs", detail: messageOf(error) };
    }
  }
  const missing = runs.filter((run) => !existsSync(folder.recordPath(run)));
  const left = missing.length > 0 ? `; ${missing.length} are not made, ${runName(missing[0])} the first` : "";
  return { what, state: "ok", detail: `${made} logs are those that their records were written for${left}` };
}

function verifyText(path: string, name: string, expected: string): Verification {
  if (!existsSync(path)) return { what: name, state: "not verified", detail: "is not there" };
  const lines = readFileSync(path, "utf8").split("\n");
  const wanted = expected.split("\n");
  const at = wanted.findIndex((line, index) => line !== lines[index]);
  if (at < 0 && lines.length === wanted.length)
    return { what: name, state: "ok", detail: `${lines.length - 1} lines follow from the runs` };
  const index = at < 0 ? wanted.length : at;
  const detail = `line ${index + 1} is ${quoted(lines[index])}, the runs give ${quoted(wanted[index])}`;
  return { what: name, state: "differs", detail };
}

function quoted(line: string | undefined): string {
  return line === undefined ? "missing" : `"${line.length > 100 ? `${line.slice(0, 97)}...` : line}"`;
}
