import { CommanderError } from "commander";
import { threadsEnded } from "../custom/stuck-threads.js";
import { messageOf } from "../errors.js";
import { stackOf } from "./console.js";
import { exitCodeOfError, failureOf, type JsonOptions, jsonOptionsOf, sayFailure } from "./json-output.js";
import { guardExit, Output } from "./output.js";
import { createProgram } from "./program.js";
import { claimStdout } from "./stdout.js";

/** Runs a command line; returns its exit code. Every error ends here, as one line on stderr. */
export async function main(argv: string[]): Promise<number> {
  const output = new Output();
  const options = jsonOptionsOf(argv);
  const release = options.json || options.jsonLines ? claimStdout() : () => {};
  const done = guardExit((message, exitCode) => sayFailure(options, { code: "ENDED", message }, exitCode));
  const code = await exitCodeOf(argv, options);
  done();
  release();
  const failure = await output.end();
  return failure && code === 0 ? 1 : code;
}

async function exitCodeOf(argv: string[], options: JsonOptions): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0; // it has printed its message
      sayFailure(
        options,
        { code: "USAGE", message: error.message.replace(/^error: /, "").replace(/\n/g, " ") },
        2,
      );
      return 2;
    }
    sayFailure(options, failureOf(error), exitCodeOfError(error));
    process.stderr.write(`rp-bench: ${messageOf(error)}\n`);
    if (argv.includes("--verbose") && error instanceof Error) process.stderr.write(`${stackOf(error)}\n`);
    return exitCodeOfError(error);
  } finally {
    await threadsEnded();
  }
}
