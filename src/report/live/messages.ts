// What the command tells its live page, and hears from it.

export interface LiveProgress {
  /** Of the work that is done. */
  share: number;
  words: string;
}

export type ToServer =
  | { kind: "progress"; progress: LiveProgress }
  | { kind: "changed" }
  | { kind: "end"; progress: LiveProgress };

export type FromServer =
  | { kind: "listening"; port: number }
  | { kind: "failed"; code: string | undefined; message: string }
  | { kind: "stop" };

export interface ServerSetup {
  folder: string;
  port: number;
  token: string;
  dataDir: string | undefined;
}
