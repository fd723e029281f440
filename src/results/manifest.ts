import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { DATASET_NAMES, type DatasetName } from "../data/catalogue.js";
import type { Dataset } from "../data/load.js";
import { RpBenchError } from "../errors.js";
import { readJson } from "../files/files.js";
import { parseWith } from "../validation.js";
import { DIVERGENCE } from "./divergence.js";

/** Of the result folder; raised when files change so that older readers would misread them. */
export const FORMAT_VERSION = 3;
/** Since when the files of a single run are as they are now. */
const FORMAT_OF_RUNS = 2;

/** A dataset as it was found. */
export interface DatasetFacts {
  name: DatasetName;
  /** As figures show it. */
  title: string;
  verified: boolean;
  /** SHA-256 of each file. */
  checksums: Record<string, string>;
}

export function datasetFacts({ entry, title, verified, checksums }: Dataset): DatasetFacts {
  return { name: entry.name, title, verified, checksums };
}

/** One dataset's of a study's, which has all that its runs are of. */
export function factsOf(datasets: readonly DatasetFacts[], name: DatasetName): DatasetFacts {
  const facts = datasets.find((one) => one.name === name);
  if (!facts) throw new Error(`the study knows nothing of ${name}`); // cannot be
  return facts;
}

/** The engine that made the runs. */
export interface EngineFacts {
  name: string;
  instructionSet: string;
  threads: number;
}

/** Those with a fused multiply-add, and those without one: the native and the WebAssembly kernels. */
const SAME_BITS = [
  ["avx512", "avx2", "neon"],
  ["portable", "simd128"],
];
/** The instruction set, as far as it decides results. */
export function arithmeticOf({ instructionSet }: Pick<EngineFacts, "instructionSet">): string {
  return SAME_BITS.find((sets) => sets.includes(instructionSet))?.join(" or ") ?? instructionSet;
}

/** Versions of programs by name. */
type Versions = Readonly<Record<string, string>>;

/** What a result folder's runs were made with. Written once. */
export interface Manifest {
  formatVersion: number;
  command: string;
  /** ISO 8601, UTC. */
  created: string;
  /** Of a run, an audit or a study, complete. */
  config: object;
  datasets: DatasetFacts[];
  engine: EngineFacts;
  versions: Record<string, string>;
  machine: Record<string, string | number>;
  divergence: typeof DIVERGENCE;
}

export function createManifest(
  command: string,
  config: { optimizers: readonly object[] },
  datasets: DatasetFacts[],
  { description: engine, versions: computed }: { description: EngineFacts; versions?: Versions | undefined },
): Manifest {
  const { created, versions, machine } = provenance(computed);
  return {
    formatVersion: FORMAT_VERSION,
    ...{ command, created, datasets, engine, versions, machine },
    config: { ...config, optimizers: config.optimizers.map(withoutPath) },
    divergence: DIVERGENCE,
  };
}

/** An optimizer as it is written, on whatever machine: of a module of the user's own, not where it lies. */
export function withoutPath<T extends object>(entry: T): Omit<T, "path"> {
  const { path: _, ...rest } = entry as T & { path?: string };
  return rest;
}

/** When, with which programs and on what results are made; an engine may name more programs. */
export function provenance(computed: Versions = {}) {
  const processors = cpus();
  return {
    created: new Date().toISOString(),
    versions: {
      ...{ "rp-bench": packageVersion(), node: process.versions.node, v8: process.versions.v8 },
      ...computed,
    },
    machine: {
      platform: process.platform,
      architecture: process.arch,
      processor: processors[0]?.model ?? "unknown",
      cores: processors.length,
      memoryGigabytes: Number((totalmem() / 2 ** 30).toFixed(1)),
    },
  };
}

/** What tells processors of one marketing name apart, where Linux says it; null elsewhere. */
export function processorModel(): string | null {
  const keys = ["cpu family", "model", "stepping", "CPU part"];
  return keys.flatMap((key) => processorFact(key) ?? []).join("/") || null;
}

/** What Linux says of the first processor; null where it says nothing, and on other systems. */
export function processorFact(key: string): string | null {
  let text: string;
  try {
    text = readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return null;
  }
  return new RegExp(`^${key}\\s*: *(.+)$`, "m").exec(text)?.[1] ?? null;
}

export function packageVersion(): string {
  return packageJson().version;
}

/** This package's own description. */
export function packageJson(): { version: string; engines: { node: string } } {
  const path = fileURLToPath(new URL("../../package.json", import.meta.url));
  return JSON.parse(readFileSync(path, "utf8"));
}

const readSchema = z.looseObject({
  formatVersion: z.number(),
  command: z.string(),
  config: z.record(z.string(), z.unknown()),
  datasets: z.array(
    z.looseObject({
      name: z.enum(DATASET_NAMES),
      title: z.string(),
      verified: z.boolean(),
      checksums: z.record(z.string(), z.string()),
    }),
  ),
  engine: z.looseObject({ name: z.string(), instructionSet: z.string() }),
  versions: z.record(z.string(), z.string()).default({}),
  divergence: z.record(z.string(), z.number()),
});

export type WrittenManifest = z.output<typeof readSchema>;

/** @throws RpBenchError DATA_CORRUPT */
export function readManifest(path: string): WrittenManifest {
  return parseWith(readSchema, readJson(path), (key) => `${path}: ${key}`, "DATA_CORRUPT");
}

/** Why a manifest is refused, whatever else it holds: it is of another format. @throws RpBenchError DATA_CORRUPT */
export function otherFormat(path: string): RpBenchError | null {
  const nameOf = (key: string) => `${path}: ${key || "the file"}`;
  const schema = z.looseObject({ formatVersion: z.number() });
  const { formatVersion: version } = parseWith(schema, readJson(path), nameOf, "DATA_CORRUPT");
  if (version >= 1 && version <= FORMAT_VERSION) return null;
  const message = `is of format ${version}, this program reads 1 to ${FORMAT_VERSION}; use the version of rp-bench that made it`;
  return new RpBenchError("DATA_CORRUPT", `${path}: ${message}`);
}

/** The newest format whose runs are as those of this one. */
export function formatOfRuns(version: number): number {
  return version >= FORMAT_OF_RUNS ? FORMAT_VERSION : version;
}

/** A manifest as reading it back would give it. */
export function asWritten(manifest: Manifest): WrittenManifest {
  return parseWith(readSchema, JSON.parse(JSON.stringify(manifest)));
}

/**
 * Why results made under the manifest at `path` must not be mixed with those of `manifest`; null if they may.
 *
 * @throws RpBenchError DATA_CORRUPT
 */
export function manifestConflict(path: string, manifest: Manifest): string | null {
  const compared = ({ formatVersion, config, datasets, engine }: WrittenManifest) => {
    // The backend that was used is the instruction set; tensorMegabytes changes no more than the order of some sums.
    const { backend: _backend, tensorMegabytes: _megabytes, ...settings } = config;
    if (Array.isArray(settings.seed)) settings.seed = settings.seed.join(", "); // told as one
    return flatten({
      formatVersion: formatOfRuns(formatVersion),
      ...settings,
      checksums: checksumsOf(datasets),
      "engine used": engine.name,
      "instruction set": arithmeticOf(engine),
    });
  };
  return differenceOf(compared(readManifest(path)), compared(asWritten(manifest)));
}

/** Of every file, by dataset. */
export function checksumsOf(datasets: WrittenManifest["datasets"]): Record<string, Record<string, string>> {
  return Object.fromEntries(datasets.map(({ name, checksums }) => [name, checksums]));
}

/** Settings that earlier versions did not write, by what they did. */
const ADDED: Record<string, string> = {
  loss: '"mse"',
  curvatureBound: '"jaakkola-jordan"',
  safeguard: "false",
  exponent: "1",
  warmupSteps: "0",
};

/** A leaf, or what an earlier version meant where it wrote none; a module's settings are its own. */
function leafAt(leaves: Map<string, string>, key: string): string | undefined {
  const name = key.slice(key.lastIndexOf(".") + 1);
  return leaves.get(key) ?? (key.endsWith(`settings.${name}`) ? undefined : ADDED[name]);
}

/** The first leaf that differs, in words; null if none does. */
export function differenceOf(before: Map<string, string>, now: Map<string, string>): string | null {
  const keys = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => leafAt(before, key) !== leafAt(now, key),
  );
  if (keys.length === 0) return null;
  const [key] = keys;
  const more = keys.length > 1 ? ` (and ${keys.length - 1} more)` : "";
  const file = key.endsWith(".sha256") ? now.get(key.replace(/sha256$/, "file")) : undefined;
  if (file !== undefined) return `${JSON.parse(file)} has changed${more}`;
  return `${key} is ${before.get(key) ?? "absent"} there, ${now.get(key) ?? "absent"} here${more}`;
}

/** Every leaf by its path. */
export function flatten(value: unknown, path = "", leaves = new Map<string, string>()): Map<string, string> {
  if (typeof value === "object" && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      flatten(child, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key, leaves);
    }
  } else {
    leaves.set(path, JSON.stringify(value));
  }
  return leaves;
}
