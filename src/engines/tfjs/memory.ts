import { messageOf, RpBenchError } from "../../errors.js";

/** libtensorflow's, Emscripten's, V8's and Dawn's ways to say it. */
const COMPLAINTS =
  /\bOOM\b|out[ -]of[ -]memory|allocation failed|(failed|unable|cannot|could not) (to )?(allocate|enlarge)|resource exhausted|invalid (typed array|array buffer) length|maximum memory size/i;

/** Runs work; a backend's complaint about memory becomes an error that says what to do. */
export async function explainingMemory<T>(
  what: string,
  remedy: string,
  work: () => Promise<T> | T,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RpBenchError || !COMPLAINTS.test(messageOf(error))) throw error;
    const message = `no memory for ${what} (${messageOf(error)}); ${remedy}`;
    throw new RpBenchError("OUT_OF_MEMORY", message, { cause: error });
  }
}
