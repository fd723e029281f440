// The engine over TensorFlow.js: the same model and update rules, on whatever its backends find.

import { availableParallelism } from "node:os";
import { RpBenchError } from "../../errors.js";
import { parseWith } from "../../validation.js";
import type { Engine } from "../engine.js";
import { resolveSession } from "../guarded-session.js";
import { loadBackend } from "./backends.js";
import { explainingMemory } from "./memory.js";
import { type TfjsOptions, tfjsOptionsSchema } from "./options.js";
import { TfjsSession } from "./tfjs-session.js";
import { inTurn } from "./turn.js";

/**
 * @param warn told of backends that "auto" passed over because they do not work
 * @throws RpBenchError ENGINE_UNAVAILABLE, CONFIG_INVALID
 */
export async function createTfjsEngine(
  options: TfjsOptions = {},
  warn: (message: string) => void = (message) => process.emitWarning(message),
): Promise<Engine> {
  const { backend: name = "auto", tensorMegabytes } = parseWith(tfjsOptionsSchema, options);
  const backend = await inTurn(() => loadBackend(name, warn));
  const megabytes = tensorMegabytes ?? backend.megabytes;
  const threads = backend.name === "tensorflow" ? availableParallelism() : 1;
  return {
    description: { name: "tfjs", instructionSet: backend.name, threads },
    versions: backend.versions,
    async createSession(raw) {
      const options = resolveSession(raw);
      const { parameters } = options;
      if (!(parameters instanceof Float32Array)) {
        const message =
          "parameters: the tfjs engine computes in float32, got a Float64Array; use the reference engine";
        throw new RpBenchError("CONFIG_INVALID", message);
      }
      return inTurn(() =>
        explainingMemory("the session's tensors", "use smaller layers", () => {
          return new TfjsSession(backend, { ...options, parameters }, megabytes);
        }),
      );
    },
  };
}
