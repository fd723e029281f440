import { spawn } from "node:child_process";
import { isErrno } from "../../errors.js";

/** Longer than a scheduler's commands try to reach it. */
const MOST_MILLISECONDS = 120_000;

export interface Answer {
  /** null where it was ended. */
  code: number | null;
  stdout: string;
  /** Its first line. */
  complaint: string;
}

/** Runs a program to its end; null where there is none of this name. Ctrl-C on the terminal does not reach it. */
export function runProgram(program: string, args: readonly string[], input = ""): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "pipe", detached: true, timeout: MOST_MILLISECONDS });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => (isErrno(error, "ENOENT") ? resolve(null) : reject(error)));
    child.on("close", (code) => {
      const lines = stderr.split("\n").map((line) => line.trim());
      resolve({ code, stdout, complaint: lines.find((line) => line !== "") ?? `exit code ${code}` });
    });
    child.stdin.on("error", () => {}).end(input); // it may not read all of it
  });
}

/** A word as a shell reads it back. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
