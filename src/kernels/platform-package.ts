// The npm package that holds compiled kernels for this platform: an optional dependency of rp-bench as it is published
// (scripts/build-packages.js), not in the repository.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../errors.js";

export interface PlatformPackage {
  name: string;
  path: string;
  /** Why it does not serve; null where it may. */
  obstacle: string | null;
}

/** null where it is not installed. */
export function findPlatformPackage(): PlatformPackage | null {
  const name = `@rp-bench/${process.platform}-${process.arch}${isGlibcAbsent() ? "-musl" : ""}`;
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  } catch {
    return null; // npm installs it where it fits, and where nothing is said against optional dependencies
  }
  return { name, path: join(dirname(manifest), "rp_bench.node"), obstacle: mismatch(name, manifest) };
}

/** The add-on's functions are called as this version calls them. */
function mismatch(name: string, manifest: string): string | null {
  try {
    const [theirs, ours] = [manifest, fileURLToPath(new URL("../../package.json", import.meta.url))].map(
      (path): unknown => JSON.parse(readFileSync(path, "utf8")).version,
    );
    return theirs === ours
      ? null
      : `are of version ${theirs} and rp-bench is of version ${ours} (npm install ${name}@${ours} brings the right ones)`;
  } catch (error) {
    return `have no version that can be read (${messageOf(error)})`;
  }
}

/** Whether this is a Linux without glibc, as Alpine is, whose C library is musl. */
export function isGlibcAbsent(): boolean {
  if (process.platform !== "linux") return false;
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime === undefined;
}
