/** Called with a command's exit code when it ends without an error. */
export type SetExitCode = (code: number) => void;
