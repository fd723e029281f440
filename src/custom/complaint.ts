import { realpathSync } from "node:fs";
import { basename, dirname, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../errors.js";

/**
 * What a module failed with, in one line. Node's messages name files by their whole path; results are to be handed on, so
 * here the path begins at the module's folder.
 */
export function complaintOf(error: unknown, path: string | undefined): string {
  const message = messageOf(error);
  if (path === undefined) return message;
  const folders = [dirname(path), realPath(dirname(path))];
  return folders.reduce(relativeTo, message);
}

/** What V8 says of the syntax of an ES module in a file that is read as CommonJS. */
const MODULE_SYNTAX =
  /^(Unexpected token 'export'|Cannot use (import statement|'import\.meta') outside a module|await is only valid in)/;

/**
 * What a file that does not load is to be called, where that is all that it lacks: Node reads a .js file as CommonJS
 * where a package.json says so and, before 20.19, wherever none says otherwise. Empty where something else is wrong.
 */
export function renamingOf(error: unknown): string {
  if (!(error instanceof SyntaxError) || !MODULE_SYNTAX.test(error.message)) return "";
  // A file that is read as an ES module may have the same error, of its own. Only where one is read as CommonJS does the
  // stack begin with its place.
  const [, path] = /^(.+)\.js:\d+\n/.exec(error.stack ?? "") ?? [];
  if (path === undefined) return "";
  const name = basename(path);
  return `; Node reads ${name}.js as CommonJS, but it is an ES module: call it ${name}.mjs`;
}

function relativeTo(message: string, folder: string): string {
  let text = message;
  let up = "";
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    text = text.replaceAll(`${pathToFileURL(at)}/`, up).replaceAll(`${at}${sep}`, up);
    up += "../";
  }
  return text;
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder; // it is gone
  }
}
