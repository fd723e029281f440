import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { RpBenchError } from "../errors.js";
import { jsonText, unwritable, writeFileAtomically } from "./files.js";
import { type Manifest, manifestConflict } from "./manifest.js";
import { type RunIdentity, runName } from "./run-name.js";

/** Where a benchmark's files go; see docs/format.md. */
export class ResultFolder {
  private constructor(readonly path: string) {}

  /**
   * Creates the folder, or opens one that holds results of the same configuration.
   *
   * @throws RpBenchError OUTPUT_CONFLICT for another configuration's results or other files, OUTPUT_UNWRITABLE
   */
  static open(path: string, manifest: Manifest): ResultFolder {
    const manifestPath = join(path, "manifest.json");
    if (existsSync(manifestPath)) {
      const conflict = manifestConflict(manifestPath, manifest);
      if (conflict) {
        const message = `${path}: holds results of another configuration: ${conflict}; choose another --out`;
        throw new RpBenchError("OUTPUT_CONFLICT", message);
      }
    } else if (existsSync(path) && statSync(path).isDirectory() && readdirSync(path).some(isForeign)) {
      throw new RpBenchError("OUTPUT_CONFLICT", `${path}: holds other files already; choose another --out`);
    }
    try {
      mkdirSync(join(path, "runs"), { recursive: true });
      accessSync(join(path, "runs"), constants.W_OK);
    } catch (error) {
      throw unwritable(path, error);
    }
    if (!existsSync(manifestPath)) writeFileAtomically(manifestPath, jsonText(manifest));
    return new ResultFolder(path);
  }

  logPath(run: RunIdentity): string {
    return join(this.path, "runs", `${runName(run)}.csv`);
  }
  recordPath(run: RunIdentity): string {
    return join(this.path, "runs", `${runName(run)}.json`);
  }
  parametersPath(run: RunIdentity): string {
    return join(this.path, "runs", `${runName(run)}.safetensors`);
  }
  get summaryPath(): string {
    return join(this.path, "summary.csv");
  }
}

/** What a folder that was just being made may hold is not. */
function isForeign(name: string): boolean {
  return name !== "runs" && !name.endsWith(".tmp");
}
