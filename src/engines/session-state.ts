import { RpBenchError } from "../errors.js";
import type { SessionState, StateArray } from "./engine.js";

/**
 * Puts a saved state into the arrays of a session, all of it or, where anything does not fit, none.
 *
 * @throws RpBenchError INVALID_ARGUMENT
 */
export function refill(arrays: Readonly<Record<string, StateArray>>, saved: SessionState): void {
  const names = [...new Set([...Object.keys(arrays), ...Object.keys(saved)])];
  const wrong = names.find((name) => shapeOf(arrays[name]) !== shapeOf(saved[name]));
  if (wrong !== undefined) {
    const message = `state: ${wrong} must be ${shapeOf(arrays[wrong])}, got ${shapeOf(saved[wrong])}`;
    throw new RpBenchError("INVALID_ARGUMENT", message);
  }
  for (const [name, array] of Object.entries(arrays)) array.set(saved[name]);
}

function shapeOf(array: StateArray | undefined): string {
  return array ? `a ${array.constructor.name} of ${array.length} values` : "absent";
}
