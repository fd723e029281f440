// What a run and the thread of its user's optimizer say to each other.

import type { StepResult } from "../engines/engine.js";
import type { ErrorCode } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import type { CustomContext } from "./custom-optimizer.js";
import type { ModuleOptions } from "./options.js";

/** What a thread begins with. */
export interface ThreadSetup {
  module: ModuleOptions;
  context: Omit<CustomContext, "settings">;
  batchSize: number;
  /** Memory that both see, so that a step copies no more than it must. */
  parameters: FloatArray;
  batch: FloatArray;
}

/** What an update may ask of the session, which is not in its thread. */
export type Asked = "lossAndGradient" | "curvature" | "evaluate";

export interface Fault {
  code: ErrorCode;
  message: string;
  /** Of what it failed with. */
  stack?: string | undefined;
}

export type ToThread =
  /** The batch is in the shared memory. */
  | { kind: "step" }
  | { kind: "save" }
  /** What was saved; the parameters are in the shared memory. */
  | { kind: "restore"; saved: Uint8Array }
  | Answer;
/** To what an update asked. */
export type Answer = { kind: "answer"; value: unknown } | { kind: "refusal"; fault: Fault };

export type FromThread =
  /** The update is made; whether what it keeps can be saved. */
  | { kind: "ready"; resumable: boolean }
  | { kind: "saved"; state: Uint8Array }
  | { kind: "restored" }
  | {
      kind: "ask";
      what: Asked;
      /** null: those of the batch. */
      images: FloatArray | null;
      /** Whether the parameters in the shared memory are others than the session's. */
      changed: boolean;
    }
  | { kind: "stepped"; result: StepResult; changed: boolean }
  | { kind: "failed"; fault: Fault };

/** An error of this program as it goes from one side to the other, which takes plain objects alone. */
export function faultOf({
  code,
  message,
  cause,
}: {
  code: ErrorCode;
  message: string;
  cause?: unknown;
}): Fault {
  return { code, message, stack: cause instanceof Error ? cause.stack : undefined };
}
