import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { quoted } from "./program.js";

/** The command line that makes a task, with absolute paths. @param task its number, as a shell reads it */
export function workerCommand(study: string, task: string): string {
  const bin = fileURLToPath(new URL("../../../bin/rp-bench.js", import.meta.url));
  const words = [process.execPath, bin, "worker", "--study", resolve(study), "--task"].map(quoted);
  return [...words, task].join(" ");
}
