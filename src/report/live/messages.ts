// What the command tells the thread of its live page, what it hears from it, and what the page is told.

export interface LiveProgress {
  /** Of the work that is done, from 0 to 1. */
  share: number;
  words: string;
}

/** Beside the progress, a number that grows with every row or run that is new. */
export interface LiveState extends LiveProgress {
  version: number;
}

export type ToServer = { kind: "state"; state: LiveState } | { kind: "end"; words: string };

export type FromServer =
  | { kind: "listening"; port: number }
  | { kind: "failed"; code: string | undefined; message: string }
  | { kind: "stop" };

export interface ServerSetup {
  folder: string;
  /** 0 for any that is free. */
  port: number;
  token: string;
  dataDir: string | undefined;
}
