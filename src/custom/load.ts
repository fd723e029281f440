// From the options of a module to the update that it makes.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { messageOf, RpBenchError } from "../errors.js";
import type { CustomContext, CustomOptimizer, CustomSettings, CustomUpdate } from "./custom-optimizer.js";
import { type ModuleOptions, sha256Of } from "./options.js";

/**
 * Loads a module and has it make an update.
 *
 * @throws RpBenchError CONFIG_INVALID where it does not load, is not the file that the configuration was read with, has
 * another form or other settings, or fails
 */
export async function createUpdate(
  options: ModuleOptions,
  context: Omit<CustomContext, "settings">,
): Promise<CustomUpdate> {
  const { file } = options;
  const optimizer = await loadModule(options);
  const settings = settingsOf(file, optimizer.settings ?? {}, options.settings);
  let update: unknown;
  try {
    update = await optimizer.create({ ...context, settings });
  } catch (error) {
    throw invalid(file, `create failed (${messageOf(error)})`, error);
  }
  if (typeof update === "function") return update as CustomUpdate;
  throw invalid(
    file,
    `create must return the update, a function of a session and a batch, got ${typeof update}`,
  );
}

async function loadModule({ file, path, sha256 }: ModuleOptions): Promise<CustomOptimizer> {
  if (path === undefined) throw invalid(file, `a configuration names it by its path: "name": "./${file}"`);
  let loaded: { default?: unknown };
  try {
    if (sha256Of(readFileSync(path)) !== sha256) throw new Error("it changed since this began");
    // Node keeps what it has loaded by address; with the checksum, each version has its own.
    loaded = await import(`${pathToFileURL(path)}?${sha256}`);
  } catch (error) {
    throw invalid(file, `cannot be loaded (${messageOf(error)})`, error);
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
