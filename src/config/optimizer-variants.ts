// What one --optimizer says: optimizers by name, each perhaps with settings of its own,
//   rp,adam      rp:momentum=0.9,outputs=32      rp-fast:learningRate=100,label=fast,adam
// A comma ends a setting, or the optimizer where no setting follows.

import { existsSync } from "node:fs";
import { isModulePath } from "../custom/options.js";
import { RpBenchError } from "../errors.js";
import { settingNames } from "../optimizers/registry.js";
import { parseWith } from "../validation.js";
import type { Raw } from "./files.js";
import { entrySchema } from "./schema.js";

type Value = number | boolean | string;

/** One optimizer of an --optimizer. */
export interface OptimizerChoice {
  /** As the user wrote it. */
  text: string;
  name: string;
  /** By their names in a configuration, and rp's `outputs`. */
  settings: Record<string, Value>;
}

/** Outputs sampled where sampled curvature does not say: of 4 to 64 the fewest that showed no loss spikes. */
export const DEFAULT_OUTPUTS = 32;

const NAME_AND_SETTING = /^(?<name>.+?):(?<setting>[A-Za-z_]\w*=.*)$/;
const SETTING = /^[A-Za-z_]\w*=/;
/** As where the value was forgotten. */
const BARE_SETTING = /^[a-z][a-z0-9.-]*:\w*=?$/;
/** Of an entry, whatever its optimizer is. */
const COMMON = ["learningRate", "label"];

/** @throws RpBenchError CONFIG_INVALID */
export function parseOptimizers(text: string): OptimizerChoice[] {
  // The path of a module may hold a comma or a colon.
  if (isModulePath(text) && existsSync(text)) return [{ text, name: text, settings: {} }];
  const choices: OptimizerChoice[] = [];
  for (const part of text.split(",")) {
    const last = choices.at(-1);
    if (SETTING.test(part) && last) {
      if (Object.keys(last.settings).length === 0) {
        throw complaint(`${text}: settings stand behind a colon, ${last.name}:${part}`);
      }
      last.text += `,${part}`;
      addSetting(last, part);
      continue;
    }
    const { name = part, setting } = NAME_AND_SETTING.exec(part)?.groups ?? {};
    if (name.trim() === "") throw complaint(`an optimizer without a name in "${text}"; take the comma out`);
    if (BARE_SETTING.test(part)) throw valueless(part);
    const choice = { text: part, name, settings: Object.create(null) };
    if (setting !== undefined) addSetting(choice, setting);
    choices.push(choice);
  }
  return choices;
}

function addSetting({ text, settings }: OptimizerChoice, part: string): void {
  const at = part.indexOf("=");
  const key = part.slice(0, at);
  const value = part.slice(at + 1);
  if (key in settings) throw complaint(`${text}: ${key} is there twice, the second time as ${value}`);
  if (value === "") throw valueless(text);
  settings[key] = parsedValue(value);
}

function parsedValue(text: string): Value {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? text : number;
}

/** An entry with a choice's settings in place of its own. @throws RpBenchError CONFIG_INVALID */
export function withSettings(entry: Raw, choice: OptimizerChoice): Raw {
  const { text, settings } = choice;
  if (Object.keys(settings).length === 0) return entry;
  const { label, learningRate, ...own } = settings;
  const common = {
    ...(label === undefined ? {} : { label: String(label) }),
    ...(learningRate === undefined ? {} : { learningRate }),
  };
  if (entry.file !== undefined) {
    return { ...entry, ...common, settings: { ...Object(entry.settings), ...own } }; // what it takes says the module
  }
  const known = settingNames(String(entry.name));
  if (!known) return entry; // an unknown name is the schema's business
  const names = [...(known.includes("curvature") ? ["outputs"] : []), ...known, ...COMMON];
  const unknown = Object.keys(settings).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    throw complaint(`${text}: ${entry.name} has no setting ${unknown}; it has ${names.join(", ")}`);
  }
  const changed = { ...entry, ...common, ...withCurvature(own, text) };
  requireValid(changed, choice);
  return changed;
}

/** `outputs` is a setting of rp's curvature. */
function withCurvature({ outputs, ...settings }: OptimizerChoice["settings"], text: string): Raw {
  const { curvature } = settings;
  if (outputs === undefined) {
    return curvature === "sampled" ? { ...settings, curvature: { outputs: DEFAULT_OUTPUTS } } : settings;
  }
  if (curvature !== undefined && curvature !== "sampled") {
    throw complaint(`${text}: outputs goes with curvature=sampled, got curvature=${curvature}`);
  }
  return { ...settings, curvature: { outputs } };
}

/** Complains of what the choice itself sets; all else is looked at with the whole configuration. */
function requireValid(entry: Raw, { text, settings }: OptimizerChoice): void {
  let mine = false;
  try {
    parseWith(entrySchema, { learningRate: 1, ...entry }, (path) => {
      const keys = path.split(".");
      mine = keys.some((key) => key in settings);
      return `--optimizer: ${text}: ${keys.at(-1)}`;
    });
  } catch (error) {
    if (mine) throw error;
  }
}

/** Of { momentum: 0.9, nesterov: true }: momentum-0.9-nesterov, as file names may have it. */
export function settingsLabel(settings: OptimizerChoice["settings"], short = false): string {
  const { label: _label, learningRate: _rate, ...own } = settings;
  return Object.entries(own)
    .map(([key, value]) => {
      const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const name = short ? kebab.replace(/([a-z])[a-z]*(\d*)-?/g, "$1$2") : kebab;
      if (value === true) return name;
      return short ? `${name}${value}` : `${name}-${value}`;
    })
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, "");
}

function valueless(text: string): RpBenchError {
  return complaint(`${text}: a setting has a value, as in rp:momentum=0.9`);
}

function complaint(message: string): RpBenchError {
  return new RpBenchError("CONFIG_INVALID", `--optimizer: ${message}`);
}
