import { RpBenchError } from "../errors.js";
import { nextTurn } from "../turn.js";

/** Awaited between pieces of long work; lets the event loop have its turn, and may throw to stop. */
export type Pause = () => Promise<void>;

/** The event loop, and with it Ctrl-C, waits no longer than about this, but for one piece of work. */
const YIELD_MILLISECONDS = 50;

/** A pause that throws RpBenchError INTERRUPTED once the signal is aborted. */
export function pauseOf(signal: AbortSignal): Pause {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > YIELD_MILLISECONDS) {
      await nextTurn();
      last = performance.now();
    }
    if (signal.aborted) throw new RpBenchError("INTERRUPTED", "interrupted");
  };
}

/** Whether work failed because the signal stopped it: at a pause, or in a session that was disposed for that. */
export function isStopped(error: unknown, signal: AbortSignal): boolean {
  return (
    signal.aborted &&
    error instanceof RpBenchError &&
    (error.code === "INTERRUPTED" || error.code === "DISPOSED")
  );
}
