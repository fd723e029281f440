// From the options of a module to the update that it makes.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { sha256Of } from "../checksum.js";
import { RpBenchError } from "../errors.js";
import { parseWith } from "../validation.js";
import { complaintOf, renamingOf } from "./complaint.js";
import type {
  CustomContext,
  CustomOptimizer,
  CustomSettings,
  CustomUpdate,
  ResumableUpdate,
} from "./custom-optimizer.js";
import { type ModuleOptions, moduleShape } from "./options.js";
import { UserCode } from "./user-code.js";

/** What a module made: its update, and where it has them its `save` and `restore`. */
export interface MadeUpdate {
  update: CustomUpdate;
  state: Pick<ResumableUpdate, "save" | "restore"> | null;
}

/**
 * Loads a module and has it make an update.
 *
 * @throws RpBenchError CONFIG_INVALID where it does not load, is not the file that the configuration was read with, has
 * another form or other settings, or fails
 */
export async function createUpdate(
  options: ModuleOptions,
  context: Omit<CustomContext, "settings">,
): Promise<MadeUpdate> {
  const { file, path } = options;
  const code = new UserCode();
  let made: unknown;
  try {
    const optimizer = await loadModule(options, code);
    const settings = settingsOf(file, defaultsOf(file, optimizer), options.settings);
    made = await code
      .run(() => optimizer.create({ ...context, settings }), "it")
      .catch((error: unknown) => {
        throw invalid(file, `create failed (${complaintOf(error, path)})`, error);
      });
  } finally {
    code.close();
  }
  if (typeof made === "function") return { update: made as CustomUpdate, state: null };
  if (isResumable(made)) return { update: made.update, state: made };
  const got = typeof made === "object" && made !== null ? `an object of ${keysOf(made)}` : typeof made;
  throw invalid(
    file,
    `create must return the update, a function of a session and a batch, or an object of three functions, update, save and restore, got ${got}`,
  );
}

function isResumable(made: unknown): made is ResumableUpdate {
  const functions = Object(made);
  return ["update", "save", "restore"].every((name) => typeof functions[name] === "function");
}

function keysOf(made: object): string {
  return Object.keys(made).join(", ") || "nothing";
}

async function loadModule({ file, path, sha256 }: ModuleOptions, code: UserCode): Promise<CustomOptimizer> {
  if (path === undefined) throw invalid(file, `a configuration names it by its path: "name": "./${file}"`);
  let loaded: { default?: unknown };
  try {
    if (sha256Of(readFileSync(path)) !== sha256) throw new Error("it changed since this began");
    // Node keeps what it has loaded by address; with the checksum, each version has its own.
    loaded = await code.run(() => import(`${pathToFileURL(path)}?${sha256}`), "it");
  } catch (error) {
    throw invalid(file, `cannot be loaded (${complaintOf(error, path)})${renamingOf(error)}`, error);
  }
  if (!("default" in loaded))
    throw invalid(file, "has no default export; write: export default { create() {} }");
  if (isOptimizer(loaded.default)) return loaded.default;
  throw invalid(file, "its default export must be an object with a function create (docs/extend.md)");
}

function isOptimizer(value: unknown): value is CustomOptimizer {
  return (
    typeof value === "object" && value !== null && "create" in value && typeof value.create === "function"
  );
}

/** @throws RpBenchError CONFIG_INVALID */
function defaultsOf(file: string, { settings = {} }: CustomOptimizer): CustomSettings {
  return parseWith(moduleShape.settings, settings, (key) => `${file}: settings${key && `.${key}`}`);
}

/** The defaults with what is set of them; only what has a default can be set, and to its type. */
function settingsOf(file: string, defaults: CustomSettings, set: CustomSettings): CustomSettings {
  const names = Object.keys(defaults);
  for (const [name, value] of Object.entries(set)) {
    if (!Object.hasOwn(defaults, name)) {
      const known = names.length > 0 ? `it has ${names.join(", ")}` : "it has none";
      throw invalid(file, `has no setting "${name}"; ${known}`);
    }
    const wanted = typeof defaults[name];
    if (typeof value !== wanted) {
      throw invalid(file, `the setting ${name} must be a ${wanted}, got ${JSON.stringify(value)}`);
    }
  }
  return { ...defaults, ...set };
}

function invalid(file: string, what: string, cause?: unknown): RpBenchError {
  return new RpBenchError("CONFIG_INVALID", `${file}: ${what}`, { cause });
}
