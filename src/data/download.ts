import { createHash } from "node:crypto";
import { closeSync, createReadStream, ftruncateSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { setTimeout as startTimer } from "node:timers";
import { setTimeout } from "node:timers/promises";
import type { EnvHttpProxyAgent, Response } from "undici";
import { messageOf, RpBenchError } from "../errors.js";
import { writing } from "../files/files.js";
import type { Download } from "./catalogue.js";

export interface DownloadOptions {
  /** Folders of addresses, tried in order. */
  sources: readonly string[];
  signal: AbortSignal;
  onProgress(received: number): void;
  /** Told why a source is given up or tried again. */
  onTrouble(message: string): void;
  /** First wait before trying again, doubled each time. */
  retryMilliseconds?: number;
}

const ATTEMPTS = 4;
const RETRY_MILLISECONDS = 1000;
const SILENCE_MILLISECONDS = 30_000;

/** Worth another try at the same address. */
class Transient extends Error {}

/** What arrives is not this file. */
class WrongFile extends Error {}

/**
 * Downloads into `part`, going on where an earlier attempt broke off, until its length and MD5 are right. The proxy
 * variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY are honoured.
 *
 * @throws RpBenchError NETWORK_FAILED when every source failed, INTERRUPTED, WRITE_FAILED; `part` then stays
 */
export async function download(file: Download, part: string, options: DownloadOptions): Promise<void> {
  const { sources, signal, onTrouble } = options;
  const agent = await createAgent();
  let trouble = "";
  try {
    for (const source of sources) {
      const url = `${source.endsWith("/") ? source : `${source}/`}${file.name}`;
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const before = sizeOf(part);
        try {
          const resumed = before > 0;
          await receive(url, file, part, agent, options);
          await verify(file, part, resumed);
          return;
        } catch (error) {
          if (error instanceof RpBenchError) throw error;
          if (signal.aborted) {
            const message = `interrupted; ${sizeOf(part)} of ${file.bytes} bytes of ${file.name} are kept, the same command goes on`;
            throw new RpBenchError("INTERRUPTED", message);
          }
          trouble = `${url}: ${messageOf(error)}`;
          onTrouble(trouble);
          if (!(error instanceof Transient)) break;
          if (sizeOf(part) > before) attempt = -1; // it gets on, however often the connection breaks
          if (attempt + 1 < ATTEMPTS) {
            await wait((options.retryMilliseconds ?? RETRY_MILLISECONDS) * 2 ** Math.max(0, attempt), signal);
          }
        }
      }
    }
  } finally {
    await agent.destroy().catch(() => undefined); // a body that nobody reads must not be waited for
  }
  throw new RpBenchError("NETWORK_FAILED", `${file.name} could not be fetched; last: ${trouble}`);
}

async function createAgent(): Promise<EnvHttpProxyAgent> {
  const { EnvHttpProxyAgent } = await import("undici"); // only here: other commands start the sooner
  try {
    return new EnvHttpProxyAgent({
      ...{ headersTimeout: SILENCE_MILLISECONDS, bodyTimeout: SILENCE_MILLISECONDS },
      connect: { timeout: 10_000 },
    });
  } catch (error) {
    const message = `HTTP_PROXY or HTTPS_PROXY: not the address of a proxy (${messageOf(error)})`;
    throw new RpBenchError("USAGE", message, { cause: error });
  }
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined); // the next request sees the abort
}

async function receive(
  url: string,
  file: Download,
  part: string,
  dispatcher: EnvHttpProxyAgent,
  { signal, onProgress }: DownloadOptions,
): Promise<void> {
  let have = sizeOf(part);
  if (have > file.bytes) {
    rmSync(part);
    have = 0;
  }
  if (have === file.bytes) return;
  const { fetch } = await import("undici");
  let response: Response;
  // A proxy can keep a request waiting without an answer.
  const silence = new AbortController();
  const watchdog = startTimer(() => silence.abort(new Error("no answer")), SILENCE_MILLISECONDS);
  try {
    response = await fetch(url, {
      dispatcher,
      signal: AbortSignal.any([signal, silence.signal]),
      headers: { "Accept-Encoding": "identity", ...(have > 0 ? { Range: `bytes=${have}-` } : {}) },
    });
  } catch (error) {
    throw new Transient(messageOf(error instanceof Error && error.cause ? error.cause : error));
  } finally {
    clearTimeout(watchdog);
  }
  const { status } = response;
  if (status === 416) {
    rmSync(part, { force: true });
    throw new Transient("the part kept here does not fit, beginning again");
  }
  if (status >= 500 || status === 429) throw new Transient(`HTTP ${status}`);
  if (status !== 200 && status !== 206) throw new Error(`HTTP ${status}`);
  // A server that ignores the range sends everything again.
  const start =
    status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${have}-`) ? have : 0;
  const promised = response.headers.get("content-length");
  if (promised !== null && Number(promised) !== file.bytes - start) {
    throw new WrongFile(`it has ${start + Number(promised)} bytes there instead of ${file.bytes}`);
  }
  await save(response, file, part, start, onProgress);
}

async function save(
  response: Response,
  file: Download,
  part: string,
  start: number,
  onProgress: (received: number) => void,
): Promise<void> {
  const descriptor = writing(part, () => openSync(part, "a"));
  let received = start;
  try {
    writing(part, () => ftruncateSync(descriptor, start));
    for await (const chunk of response.body ?? []) {
      const bytes = chunk as Uint8Array;
      if (received + bytes.length > file.bytes)
        throw new WrongFile(`longer than the ${file.bytes} bytes it should have`);
      writing(part, () => {
        for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      });
      received += bytes.length;
      onProgress(received);
    }
  } catch (error) {
    if (error instanceof RpBenchError) throw error;
    if (error instanceof WrongFile) {
      rmSync(part);
      throw error;
    }
    throw new Transient(`broke off after ${received} of ${file.bytes} bytes (${messageOf(error)})`);
  } finally {
    closeSync(descriptor);
  }
  if (received < file.bytes) throw new Transient(`ended after ${received} of ${file.bytes} bytes`);
}

async function verify(file: Download, part: string, resumed: boolean): Promise<void> {
  const found = await md5Of(part);
  if (found === file.md5) return;
  rmSync(part);
  const message = `wrong bytes, their MD5 is ${found} instead of ${file.md5}`;
  // What was kept here may have been of another file; without it this source deserves another try.
  throw resumed ? new Transient(`${message}, beginning again`) : new Error(message);
}

export async function md5Of(path: string): Promise<string> {
  const hash = createHash("md5");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
