// What is printed is part of the work: a command that could not print it has not done it.

import { setImmediate } from "node:timers/promises";
import { messageOf } from "../errors.js";

/** Standard output and error, watched from its making on. */
export class Output {
  private failure: Error | null = null;

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on("error", (error: NodeJS.ErrnoException) => {
        // A reader that closes early (| head) ends the output, not the work.
        if (error.code !== "EPIPE") this.failure ??= error;
      });
    }
  }

  /** Waits until all is written; what it could not be written for is told on stderr, in a line, and returned. */
  async end(): Promise<Error | null> {
    await Promise.all([process.stdout, process.stderr].map(written));
    await setImmediate(); // streams tell of an error in a turn of its own
    const { failure } = this;
    if (!failure) return null;
    process.stderr.write(`rp-bench: the output cannot be written (${messageOf(failure)}); free the disk\n`);
    await written(process.stderr);
    return failure;
  }
}

/** Nothing is written where nothing waits: on a full disk that would be an error, too. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

/**
 * Whatever ends the process before the work is done, process.exit(0) in a user's module for one, must not look like
 * success. The function that is returned says that the work is done.
 */
export function guardExit(onEnd: (message: string, exitCode: number) => void = () => {}): () => void {
  const onExit = (code: number) => {
    const how = code === 13 ? "it waits for what never comes" : `process.exit(${code}) was called`;
    const advice = "an optimizer of your own must not do so; what was finished is kept";
    const message = `ended before the work was done: ${how}; ${advice}`;
    process.stderr.write(`rp-bench: ${message}\n`);
    process.exitCode = code || 1;
    onEnd(message, Number(process.exitCode));
  };
  const done = () => {
    process.off("exit", onExit).off("uncaughtExceptionMonitor", done);
  };
  process.once("exit", onExit).once("uncaughtExceptionMonitor", done); // Node tells of that one itself
  return done;
}
