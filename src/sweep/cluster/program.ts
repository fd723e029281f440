import { spawn } from "node:child_process";
import { isErrno, messageOf } from "../../errors.js";

/** What a user sets for these commands by hand would have them show less, or wait. */
const NOT_HANDED_ON = /^(SQUEUE_.*|SBATCH_WAIT|SBATCH_CLUSTERS)$/;
/** Longer than a scheduler's commands try to reach it. */
const MOST_MILLISECONDS = 120_000;

export interface Answer {
  /** null where it was ended or could not be started. */
  code: number | null;
  stdout: string;
  /** Its first line. */
  complaint: string;
}

export interface ProgramOptions {
  input?: string;
  /** Ends it. */
  signal?: AbortSignal | undefined;
  /** It is ended as soon as it complains of this: it would go on for minutes before it gives up. */
  until?: RegExp;
}

/** Runs a program to its end; null where there is none of this name. Ctrl-C on the terminal does not reach it. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = "", signal, until }: ProgramOptions = {},
): Promise<Answer | null> {
  return new Promise((resolve) => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_HANDED_ON.test(name)));
    const own = { stdio: "pipe", detached: true, timeout: MOST_MILLISECONDS } as const;
    const child = spawn(program, args, { ...own, env, signal });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (until?.test(stderr)) child.kill();
    });
    child.on("error", (error) =>
      resolve(isErrno(error, "ENOENT") ? null : { code: null, stdout, complaint: messageOf(error) }),
    );
    child.on("close", (code) => {
      const lines = stderr.split("\n").map((line) => line.trim());
      const how = code === null ? "it did not end" : `exit code ${code}`;
      resolve({ code, stdout, complaint: lines.find((line) => line !== "") ?? how });
    });
    child.stdin.on("error", () => {}).end(input); // it may not read all of it
  });
}

/** A word as a shell reads it back. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
