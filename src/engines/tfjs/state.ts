// A session's state between tensors and plain arrays: each list of variables as one array, in their order.

import type { Variable } from "@tensorflow/tfjs-core";
import { RpBenchError } from "../../errors.js";
import type { SessionState } from "../engine.js";
import type { Tf } from "./backends.js";

export async function readState(variables: readonly Variable[]): Promise<Float32Array> {
  const parts = await Promise.all(variables.map((variable) => variable.data()));
  const values = new Float32Array(sizeOf(variables));
  let first = 0;
  for (const part of parts) {
    values.set(part, first);
    first += part.length;
  }
  return values;
}

/** @throws RpBenchError INVALID_ARGUMENT where arrays do not fit the variables; nothing is changed then */
export function writeState(
  tf: Tf,
  kept: Readonly<Record<string, readonly Variable[]>>,
  arrays: SessionState,
): void {
  const names = [...new Set([...Object.keys(kept), ...Object.keys(arrays)])];
  for (const name of names) {
    const [wanted, got] = [sizeOf(kept[name] ?? []), arrays[name]?.length ?? 0];
    if (wanted === got) continue;
    throw new RpBenchError("INVALID_ARGUMENT", `state: ${name} must have ${wanted} values, got ${got}`);
  }
  tf.tidy(() => {
    for (const [name, variables] of Object.entries(kept)) {
      let first = 0;
      for (const variable of variables) {
        const values = Float32Array.from(arrays[name].subarray(first, first + variable.size));
        variable.assign(tf.tensor(values, variable.shape));
        first += variable.size;
      }
    }
  });
}

function sizeOf(variables: readonly Variable[]): number {
  return variables.reduce((sum, { size }) => sum + size, 0);
}
