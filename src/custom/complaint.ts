import { realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
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
