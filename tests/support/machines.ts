// Other machines, as far as one can play them: containers, file systems without links, clocks that are wrong, small
// disks. Linux alone has them all, some for root alone.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { root } from "./cli.js";

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

/** What starts a program in a container of its own, which ends with it. */
export const CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
export const hasContainers = succeeds("unshare", [...CONTAINER.slice(1), "true"]);

/** The environment of a program for which libc does otherwise; null where no C compiler is here to bring that about. */
function preload(variables: Record<string, string>): NodeJS.ProcessEnv | null {
  const library = join(mkdtempSync(join(tmpdir(), "rp-bench-test-")), "preload.so");
  const source = join(root, "tests", "support", "preload.c");
  if (!succeeds("cc", ["-shared", "-fPIC", "-o", library, source])) return null;
  process.once("exit", () => rmSync(join(library, ".."), { recursive: true, force: true }));
  return { LD_PRELOAD: library, ...variables };
}
const LINUX = process.platform === "linux";

export const withoutLinks = LINUX ? preload({ RP_BENCH_TEST_NO_LINKS: "1" }) : null;

export function clockShifted(seconds: number): NodeJS.ProcessEnv | null {
  return withoutLinks && { LD_PRELOAD: withoutLinks.LD_PRELOAD, RP_BENCH_TEST_CLOCK: String(seconds) };
}

/** A disk of its own, as small as is asked for, that goes away with the test. */
export class Disk {
  private constructor(readonly path: string) {}

  /** null where none may be mounted. */
  static mount(kilobytes: number): Disk | null {
    const path = mkdtempSync(join(tmpdir(), "rp-bench-disk-"));
    onTestFinished(() => {
      spawnSync("umount", [path]);
      rmSync(path, { recursive: true, force: true });
    });
    return succeeds("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "none", path])
      ? new Disk(path)
      : null;
  }

  resize(kilobytes: number): void {
    if (!succeeds("mount", ["-o", `remount,size=${kilobytes}k`, this.path])) throw new Error("not remounted");
  }
}
