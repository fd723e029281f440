// What people call an optimizer, in every table, figure and message. Files and configurations keep its label.

import { titleOf } from "./registry.js";

export interface Named {
  /** "rp-sampled32", "rp-fast", "mine" */
  label: string;
  /** "rp", or the file of a module; null where nothing is known but the label. */
  optimizer: string | null;
  /** What is not as by default, in words. */
  settings?: string | null;
  /** What a study chose by search beside the rate: its tables have that in a column. */
  variant?: string;
}

/**
 * "RP"; with settings that are fixed "RP, 32 outputs, momentum 0.95"; of a label that says more than the settings do
 * "RP fast"; of a user's own optimizer the label. Two optimizers of a result folder that have the same name differ in
 * their rate.
 */
export function displayName(named: Named): string {
  return namedBySettings(named) ?? nameOfLabel(named);
}

/** What a table has to say of the settings beside the name. */
export function settingsBesideName(named: Named): string {
  return namedBySettings(named) === null ? (named.settings ?? "") : "";
}

/** null where the label is a name of its own, or the settings are searched or not known. */
function namedBySettings({ label, optimizer, settings, variant = "" }: Named): string | null {
  const title = optimizer === null ? undefined : titleOf(optimizer);
  const rest = title !== undefined && optimizer !== null ? restOf(label, optimizer) : null;
  if (title === undefined || rest === null || settings == null || variant !== "") return null;
  if (!saysNoMoreThan(rest, settings)) return null;
  const words = settings === "" ? [] : settings.split(", ");
  const outputs = words.filter((word) => word.endsWith(" outputs"));
  return [title, ...outputs, ...words.filter((word) => !outputs.includes(word))].join(", ");
}

/** "RP fast" of rp-fast. */
function nameOfLabel({ label, optimizer }: Named): string {
  const name = optimizer ?? label;
  // Without a summary the label is all there is: its first part may be an optimizer's name.
  const known = name === label && titleOf(name) === undefined ? (label.split("-")[0] ?? "") : name;
  const title = titleOf(known);
  const rest = restOf(label, known);
  if (title === undefined || rest === null) return label;
  const words = rest.split("-").filter((word) => word !== "");
  const sampled = words.flatMap((word) => /^sampled(\d+)$/.exec(word)?.[1] ?? []);
  const others = words.filter((word) => !/^sampled\d+$/.test(word));
  return [[title, ...others].join(" "), ...sampled.map((count) => `${count} outputs`)].join(", ");
}

/** Of a label after the optimizer's name, without a rate at its end; null where it does not begin with that name. */
function restOf(label: string, optimizer: string): string | null {
  if (label !== optimizer && !label.startsWith(`${optimizer}-`)) return null;
  return label.slice(optimizer.length).replace(/-lr([\d.e+-]+|auto)$/, "");
}

/** Parts of labels that go with a setting's value; one letter stands for a word. */
const FILLERS = ["sampled", "curvature", "steps", "true"];

/** Whether all words and numbers of a label are those of the settings: -sampled32-momentum of "momentum 0.9, 32 outputs". */
function saysNoMoreThan(rest: string, settings: string): boolean {
  const text = settings.toLowerCase().replace("warm-up", "warmup");
  const known = new Set([...FILLERS, ...(text.match(/[a-z]+|[\d.]+/g)?.flatMap(spellings) ?? [])]);
  const parts = rest.match(/[a-z]+|\d+/g) ?? [];
  if (settings === "") return parts.length === 0;
  return parts.every((part) => known.has(part) || /^[a-z]$/.test(part));
}

/** In a label 0.95 may be 0-95 or 095, too. */
function spellings(word: string): string[] {
  return [word, word.replace(".", ""), ...word.split(".")];
}
