import { main } from "../../src/cli/main.js";
import { root } from "./cli.js";

/**
 * Calls the command line in this process, from src/: a process of its own takes a quarter of a second to start. For
 * commands that end by themselves and start no processes; one after the other, as they share the streams and the folder.
 */
export async function call(
  args: string[],
  { cwd = root, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const before = { folder: process.cwd(), env: { ...process.env } };
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)];
  delete process.env.NO_COLOR;
  Object.assign(process.env, env);
  process.chdir(cwd);
  try {
    const code = await main(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(before.folder);
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before.env);
    stdout.end();
    stderr.end();
  }
}

/** Keeps what is written to a stream until the end. */
function capture(stream: NodeJS.WriteStream) {
  const { write } = stream;
  const listeners = stream.listeners("error");
  let text = "";
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    const done = rest.at(-1);
    if (typeof done === "function") done();
    return true;
  }) as typeof write;
  return {
    text: () => text,
    end() {
      stream.write = write;
      for (const listener of stream.listeners("error")) {
        if (!listeners.includes(listener)) stream.off("error", listener as () => void); // main's own
      }
    },
  };
}
