// Which processors made a study's runs, where the records say so: those that tasks of a cluster made do.

import type { Branch, ResultOf } from "./plan.js";
import { markdownTable } from "./words.js";

export interface Processor {
  processor: string;
  instructionSet: string;
  /** One of those that have it. */
  host: string;
  hosts: number;
  runs: number;
}

/** By processor and instruction set, the one with the most runs first. */
export function processorsOf(branches: readonly Branch[], resultOf: ResultOf): Processor[] {
  const found = new Map<
    string,
    { processor: string; instructionSet: string; hosts: Set<string>; runs: number }
  >();
  for (const run of branches.flatMap(({ runs }) => runs)) {
    const record = resultOf(run)?.record;
    if (!record?.machine) continue;
    const { host, processor } = record.machine;
    const { instructionSet } = record.engine;
    const key = JSON.stringify([processor, instructionSet]);
    const one = found.get(key) ?? { processor, instructionSet, hosts: new Set<string>(), runs: 0 };
    found.set(key, one);
    one.hosts.add(host);
    one.runs += 1;
  }
  return [...found.values()]
    .map(({ hosts, ...one }) => ({ ...one, host: [...hosts].sort()[0] ?? "", hosts: hosts.size }))
    .sort((a, b) => b.runs - a.runs || (a.processor < b.processor ? -1 : 1));
}

/** For findings: nothing where all runs were made alike. */
export function processorsSection(processors: readonly Processor[]): string[] {
  if (processors.length < 2) return [];
  const rows = processors.map(({ processor, instructionSet, hosts, runs }) => [
    ...[processor, instructionSet, String(hosts), String(runs)],
  ]);
  return [
    "## Processors",
    "The runs were made on several kinds of processor. Losses do not depend on that, for their instruction sets compute the same; times do. Step times, and with them the axis of training seconds, are those of the first.",
    markdownTable([["processor", "instruction set", "machines", "runs"], ...rows]),
  ];
}
