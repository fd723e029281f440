import { RpBenchError } from "../errors.js";
import type { OutputSampler } from "../optimizers/output-sampler.js";
import type { SessionState, StateArray } from "./engine.js";

/** What the state has in every engine: the steps made and, where outputs are sampled, how the draws go on. */
export type Counts = { steps: Float64Array; "sampler.order"?: Int32Array; "sampler.random"?: Int32Array };

export function countsOf(steps: number, sampler: OutputSampler | null): Counts {
  const { order, random } = sampler?.state() ?? {};
  const sampling = order && random ? { "sampler.order": order, "sampler.random": random } : {};
  return { steps: Float64Array.of(steps), ...sampling };
}

/** Takes a sampler to where it was; returns the steps made. */
export function goOn(
  { steps, "sampler.order": order, "sampler.random": random }: Counts,
  sampler: OutputSampler | null,
): number {
  if (order && random) sampler?.restore({ order, random });
  return steps[0];
}

/**
 * Puts a saved state into the arrays of a session, all of it or, where anything does not fit, none.
 *
 * @throws RpBenchError INVALID_ARGUMENT
 */
export function refill(arrays: SessionState | Counts, saved: SessionState): void {
  const own = new Map(Object.entries(arrays));
  const names = [...new Set([...own.keys(), ...Object.keys(saved)])];
  const wrong = names.find((name) => shapeOf(own.get(name)) !== shapeOf(saved[name]));
  if (wrong !== undefined) {
    const message = `state: ${wrong} must be ${shapeOf(own.get(wrong))}, got ${shapeOf(saved[wrong])}`;
    throw new RpBenchError("INVALID_ARGUMENT", message);
  }
  for (const [name, array] of own) array.set(saved[name]);
}

function shapeOf(array: StateArray | undefined): string {
  return array ? `${array.constructor.name}[${array.length}]` : "nothing";
}
