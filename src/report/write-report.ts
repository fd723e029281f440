import { join } from "node:path";
import { writeFileAtomically } from "../files/files.js";
import { type GatherOptions, gatherReport } from "./gather.js";
import { pageText } from "./page.js";

/** Writes the page of one or several result folders. @returns its path */
export async function writeReport(
  folders: readonly string[],
  path: string,
  options: GatherOptions = {},
): Promise<string> {
  writeFileAtomically(path, pageText(await gatherReport(folders, options)));
  return path;
}

/** Where a folder's own page lies. */
export function reportPath(folder: string): string {
  return join(folder, "report.html");
}
