// How a configuration holds an optimizer of the user's own: a user writes its path as the name; from there on it is the
// file's name and checksum, so that two folders can be compared, and beside them, in memory alone, where it lies.

import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { z } from "zod";
import { sha256Of } from "../checksum.js";
import { messageOf, RpBenchError } from "../errors.js";

export const moduleShape = {
  name: z.literal("module"),
  /** Its name, without folders. */
  file: z.string(),
  sha256: z.string(),
  /** Absent in what is written. */
  path: z.string().optional(),
  /** What is set of the module's settings. */
  settings: z
    .record(
      z.string(),
      z.union([z.number(), z.string(), z.boolean()], { error: "must be a number, a text, true or false" }),
      "must be an object",
    )
    .default({}),
};
const moduleSchema = z.object(moduleShape);
export type ModuleOptions = z.output<typeof moduleSchema>;

export const MODULE_PATTERN = "\\.m?js$";

/** Whether the name of an optimizer is the path of a module. */
export function isModulePath(name: unknown): name is string {
  return typeof name === "string" && new RegExp(MODULE_PATTERN).test(name);
}

/**
 * The module that a name, relative to a folder, is the path of. `where` is what a complaint begins with.
 *
 * @throws RpBenchError CONFIG_INVALID
 */
export function moduleAt(name: string, folder: string, where: string) {
  const path = resolve(folder, name);
  try {
    return { name: "module", file: basename(path), path, sha256: sha256Of(readFileSync(path)) };
  } catch (cause) {
    const message = `${where}: ${name} cannot be read (${messageOf(cause)})`;
    throw new RpBenchError("CONFIG_INVALID", message, { cause });
  }
}

/** Of My_Rule.mjs: my-rule. */
export function labelOfFile(file: string): string {
  const stem = file.replace(new RegExp(MODULE_PATTERN), "").toLowerCase();
  const label = stem.replace(/[^a-z0-9]+/g, "-").slice(0, 40);
  return label.replace(/^-|-$/g, "") || "own"; // a name of other letters
}

/** What complaints and tables call an entry's optimizer. */
export function shownName(entry: { name: string; file?: string }): string {
  return entry.file ?? entry.name;
}

/** "beta 0.9, decoupled true" */
export function settingWords(settings: ModuleOptions["settings"]): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
