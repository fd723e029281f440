import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, onTestFinished } from "vitest";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Starts the built command line as a real process, or as one that another program starts: the first of `through`. */
export function start(
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv | null; bin?: string; through?: readonly string[] } = {},
): { child: ChildProcess; finished: Promise<Finished>; stderrHas: (text: string) => Promise<void> } {
  const { NO_COLOR: _, ...inherited } = process.env;
  const bin = options.bin ?? join(root, "bin", "rp-bench.js");
  const [program = "", ...rest] = [...(options.through ?? []), process.execPath, bin, ...args];
  const child = spawn(program, rest, {
    cwd: options.cwd ?? root,
    env: { ...inherited, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const stderrHas = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stderr.includes(text)) resolve();
      };
      child.stderr?.on("data", look);
      child.on("close", () => reject(new Error(`ended without "${text}" on stderr:\n${stderr}`)));
      look();
    });
  return { child, finished, stderrHas };
}

export function rpBench(args: string[], options: Parameters<typeof start>[1] = {}): Promise<Finished> {
  return start(args, options).finished;
}

/** A folder for all tests of a file or block, which goes away after the last. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rp-bench-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rp-bench-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
