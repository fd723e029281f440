// The head of the page: what was run, when, on what and by what, and how to do it again.

import { jsonText } from "../files/files.js";
import type { WrittenManifest } from "../results/manifest.js";
import type { FolderModel, TableModel } from "./model.js";

const NAMES: Record<string, string> = { run: "a run of each optimizer", sweep: "a study", audit: "an audit" };

export function factsOf(manifest: WrittenManifest): FolderModel["facts"] {
  const { command, engine, versions, datasets } = manifest;
  const { created, machine } = manifest as { created?: unknown; machine?: unknown };
  const verified = datasets.every((one) => one.verified);
  const facts: FolderModel["facts"] = [
    ["What", NAMES[command] ?? command],
    ["On", datasets.map(({ title }) => title).join(", ")],
    ["Data", verified ? "every file is the known one" : "some files are not the known ones, see below"],
    ["Engine", `${engine.name} (${engine.instructionSet})`],
    ["Machine", machineText(machine)],
    [
      "Versions",
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
  ];
  if (typeof created === "string")
    facts.splice(1, 0, ["When", created.replace("T", " ").replace(/\..*$/, " UTC")]);
  return facts.filter(([, value]) => value !== "");
}

function machineText(machine: unknown): string {
  if (typeof machine !== "object" || machine === null) return "";
  const { processor, cores, memoryGigabytes, platform, architecture } = machine as Record<string, unknown>;
  return [
    processor,
    cores && `${cores} cores`,
    memoryGigabytes && `${memoryGigabytes} GB`,
    platform,
    architecture,
  ]
    .filter(Boolean)
    .join(", ");
}

export function datasetTable({ datasets }: WrittenManifest): TableModel {
  return {
    title: "Data files",
    head: ["dataset", "files", "file", "SHA-256"],
    rows: datasets.flatMap(({ title, verified, checksums }) =>
      Object.entries(checksums).map(([file, sha256]) => [
        ...[title, verified ? "verified" : "not the known ones", file, sha256],
      ]),
    ),
  };
}

/** Null of what neither run nor sweep made. */
export function repeatOf({ command, config, datasets }: WrittenManifest): FolderModel["repeat"] {
  if (command !== "run" && command !== "sweep") return null;
  const file = command === "run" ? "run.json" : "study.json";
  const optimizers = Array.isArray(config.optimizers) ? config.optimizers : [];
  const notes = [
    ...(datasets.every(({ verified }) => verified)
      ? []
      : ["It needs the same files of the datasets that are not the known ones."]),
    ...(optimizers.some((one) => typeof one === "object" && one !== null && one.name === "module")
      ? ["Modules of the user's own have to be named in it again, with their paths."]
      : []),
  ];
  return {
    command: command === "run" ? `rp-bench run --config ${file}` : `rp-bench sweep ${file}`,
    ...{ file, text: jsonText(config), note: notes.join(" ") },
  };
}
