// Every error a user can meet: a stable code, its exit code, one line that says what to do.

const EXIT_CODES = {
  /** A command line that cannot be understood. */
  USAGE: 2,
  /** A configuration (file, flags or API options) with an unknown key, wrong type or impossible value. */
  CONFIG_INVALID: 2,
  /** A buffer of the wrong type or length, a value out of range. */
  INVALID_ARGUMENT: 2,
  /** A data or result file that is not what it should be. */
  DATA_CORRUPT: 2,
  /** The result folder holds another configuration's results. */
  OUTPUT_CONFLICT: 2,
  /** The result folder cannot be made or opened. */
  OUTPUT_UNWRITABLE: 2,
  /** A file inside it could not be written: the disk is full, the folder is gone. */
  WRITE_FAILED: 1,
  /** Nothing to plot, no such folder. */
  RESULTS_ABSENT: 2,
  /** No source gave the file. */
  NETWORK_FAILED: 1,
  INTERRUPTED: 130,
  DATASET_ABSENT: 3,
  ENGINE_UNAVAILABLE: 3,
  /** What a study's tasks are handed to is absent or does not answer. */
  EXECUTOR_UNAVAILABLE: 3,
  /** It does not take them. */
  EXECUTOR_REFUSED: 2,
  /** The library that draws figures does not load. */
  FIGURES_UNAVAILABLE: 3,
  /** A session used after dispose(). */
  DISPOSED: 1,
  /** A session's parameters read or replaced while one of its calls is under way. */
  BUSY: 1,
  OUT_OF_MEMORY: 1,
  /** The update of a user's own optimizer threw. */
  OPTIMIZER_FAILED: 1,
  /** A worker process of a study found a fault of its own. */
  WORKER_FAILED: 1,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

export class RpBenchError extends Error {
  /** Stable; the message may change. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "RpBenchError";
    this.code = code;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && code in EXIT_CODES;
}

/** The message of anything thrown, as one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ").trim();
}

/** Whether a system call failed with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Whether a user's own optimizer failed, which concerns its runs alone. */
export function isFailedUpdate(error: unknown): boolean {
  return error instanceof RpBenchError && error.code === "OPTIMIZER_FAILED";
}
