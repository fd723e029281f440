// Configuration files: where those that come with the program lie, and what a file holds.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isModulePath, moduleAt } from "../custom/options.js";
import { messageOf, RpBenchError } from "../errors.js";
import { parseJson } from "../json.js";

export type Raw = Record<string, unknown>;

/** The path of a configuration that comes with this program. */
export function packagedConfig(name: string): string {
  return fileURLToPath(new URL(`../../configs/${name}.json`, import.meta.url));
}

/** A file's path, or one of the `names` of configurations that come with this program. @throws RpBenchError CONFIG_INVALID */
export function configPath(nameOrPath: string, names: readonly string[]): string {
  const isFile = statSync(nameOrPath, { throwIfNoEntry: false })?.isFile() ?? false;
  if (isFile || !/^[a-z0-9-]+$/.test(nameOrPath)) return nameOrPath;
  const packaged = packagedConfig(nameOrPath);
  if (existsSync(packaged)) return packaged;
  const message = `${nameOrPath}: neither a file nor one of ${names.join(", ")}`;
  throw new RpBenchError("CONFIG_INVALID", message);
}

/**
 * Reads a configuration file's object; paths of optimizers' modules in it are relative to the file.
 *
 * @throws RpBenchError CONFIG_INVALID
 */
export function readConfig(path: string): Raw {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: cannot be read (${messageOf(error)})`, {
      cause: error,
    });
  }
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RpBenchError("CONFIG_INVALID", `${path}: must hold one JSON object`);
  }
  return withModulesLocated(value as Raw, path, "");
}

/** Modules that an object's list of optimizers names are where its file says. */
export function withModulesLocated(value: Raw, path: string, key: string): Raw {
  const { optimizers, ...others } = value;
  if (!Array.isArray(optimizers)) return value;
  const located = optimizers.map((entry: Raw | null, index) =>
    isModulePath(entry?.name)
      ? { ...entry, ...moduleAt(entry.name, dirname(path), `${path}: ${key}optimizers[${index}].name`) }
      : entry,
  );
  return { ...others, optimizers: located };
}
