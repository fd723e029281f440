import { CommanderError } from "commander";
import { threadsEnded } from "../custom/stuck-threads.js";
import { messageOf, RpBenchError } from "../errors.js";
import { stackOf } from "./console.js";
import { guardExit, Output } from "./output.js";
import { createProgram } from "./program.js";

/** Runs a command line; returns its exit code. Every error ends here, as one line on stderr. */
export async function main(argv: string[]): Promise<number> {
  const output = new Output();
  const done = guardExit();
  const code = await exitCodeOf(argv);
  done();
  const failure = await output.end();
  return failure && code === 0 ? 1 : code;
}

async function exitCodeOf(argv: string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its message
    process.stderr.write(`rp-bench: ${messageOf(error)}\n`);
    if (argv.includes("--verbose") && error instanceof Error) process.stderr.write(`${stackOf(error)}\n`);
    return error instanceof RpBenchError ? error.exitCode : 1;
  } finally {
    await threadsEnded();
  }
}
