/** Ctrl-C and SIGTERM stop the work in order; a second one ends the process at once. */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/** After an interruption: what makes the rest, and what draws what is there, if anything is. */
export function interruptedText(folder: string, remedy: string, drawable: boolean): string {
  const drawn = drawable ? `; what is logged is drawn by: rp-bench plot ${quoted(folder)}` : "";
  return `rp-bench: interrupted; the same command with --out ${quoted(folder)} ${remedy}${drawn}\n`;
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./~+@%:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
