import { createHash } from "node:crypto";
import { closeSync, createReadStream, ftruncateSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { pipeline } from "node:stream";
import { setTimeout as startTimer } from "node:timers";
import { setTimeout } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import type { Dispatcher, EnvHttpProxyAgent } from "undici";
import { messageOf, RpBenchError } from "../errors.js";
import { writing } from "../files/files.js";
import type { Download } from "./catalogue.js";

export interface DownloadOptions {
  /** Folders of addresses, tried in order. */
  sources: readonly string[];
  signal: AbortSignal;
  onProgress(received: number): void;
  /** Told why a source is given up or tried again. */
  onTrouble(message: string, host: string): void;
  /** First wait before trying again, doubled each time. */
  retryMilliseconds?: number;
}

/** In a row without getting on. */
const ATTEMPTS = 4;
/** The share of a file that a connection must bring to count as getting on: so one that breaks is asked no end of times. */
const LEAST_GAIN = 1 / 1000;
const MOST_REDIRECTIONS = 10;
const RETRY_MILLISECONDS = 1000;
const SILENCE_MILLISECONDS = 30_000;

/** Worth another try at the same address. */
class Transient extends Error {
  constructor(
    message: string,
    /** Whether what it brought was added to what was there. */
    readonly wentOn = false,
  ) {
    super(message);
  }
}

/**
 * What arrives says that it is packed once more for the way. Most often it is not: servers call a .gz so because of its
 * name. So it is taken as it is first, and unpacked if it is not the file.
 */
class Packed extends Transient {}

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
      let unpack = false;
      let most = sizeOf(part);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        try {
          const resumed = sizeOf(part) > 0;
          const packed = await receive(url, file, part, agent, { ...options, unpack });
          await verify(file, part, resumed, packed);
          return;
        } catch (error) {
          if (error instanceof RpBenchError) throw error;
          if (signal.aborted) {
            const message = `interrupted; ${sizeOf(part)} of ${file.bytes} bytes of ${file.name} are kept, the same command goes on`;
            throw new RpBenchError("INTERRUPTED", message);
          }
          trouble = `${url}: ${messageOf(error)}`;
          onTrouble(trouble, new URL(url).host);
          if (!(error instanceof Transient)) break;
          if (error instanceof Packed) {
            unpack = true;
            rmSync(part, { force: true });
          }
          // It gets on, however often the connection breaks. One that begins at 0 each time does not.
          if (error.wentOn && sizeOf(part) >= most + LEAST_GAIN * file.bytes) attempt = -1;
          most = Math.max(most, sizeOf(part));
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

/** @returns whether what came says that it is packed, and was taken as it is */
async function receive(
  url: string,
  file: Download,
  part: string,
  dispatcher: EnvHttpProxyAgent,
  { signal, onProgress, unpack }: DownloadOptions & { unpack: boolean },
): Promise<boolean> {
  let have = sizeOf(part);
  if (have > file.bytes) {
    rmSync(part);
    have = 0;
  }
  if (have === file.bytes) return false;
  // Not fetch, which unpacks whatever says that it is packed.
  const { interceptors, request } = await import("undici");
  let response: Dispatcher.ResponseData;
  // A proxy can keep a request waiting without an answer.
  const silence = new AbortController();
  const watchdog = startTimer(() => silence.abort(new Error("no answer")), SILENCE_MILLISECONDS);
  try {
    response = await request(url, {
      dispatcher: dispatcher.compose(interceptors.redirect({ maxRedirections: MOST_REDIRECTIONS })),
      signal: AbortSignal.any([signal, silence.signal]),
      headers: { "Accept-Encoding": "identity", ...(have > 0 && !unpack ? { Range: `bytes=${have}-` } : {}) },
    });
  } catch (error) {
    throw new Transient(messageOf(error instanceof Error && error.cause ? error.cause : error));
  } finally {
    clearTimeout(watchdog);
  }
  const { statusCode: status, headers, body } = response;
  body.on("error", () => undefined); // it is told of where it is read
  if (status !== 200 && status !== 206) body.destroy();
  if (status === 416) {
    rmSync(part, { force: true });
    throw new Transient("the part kept here does not fit, beginning again");
  }
  if (status >= 500 || status === 429) throw new Transient(`HTTP ${status}`);
  if (status !== 200 && status !== 206) throw new Error(`HTTP ${status}`);
  // A server that ignores the range sends everything again.
  const start = status === 206 && String(headers["content-range"]).startsWith(`bytes ${have}-`) ? have : 0;
  const packed = /gzip/i.test(String(headers["content-encoding"]));
  const promised = headers["content-length"];
  if (promised !== undefined && Number(promised) !== file.bytes - start && !(packed && unpack)) {
    body.destroy();
    const message = `it has ${start + Number(promised)} bytes there instead of ${file.bytes}`;
    throw packed ? new Packed(message) : new WrongFile(message);
  }
  try {
    await save(
      packed && unpack ? pipeline(body, createGunzip(), () => undefined) : body,
      file,
      part,
      start,
      onProgress,
    );
  } catch (error) {
    throw error instanceof WrongFile && packed && !unpack ? new Packed(error.message) : error;
  }
  return packed && !unpack;
}

async function save(
  content: AsyncIterable<Uint8Array>,
  file: Download,
  part: string,
  start: number,
  onProgress: (received: number) => void,
): Promise<void> {
  const descriptor = writing(part, () => openSync(part, "a"));
  let received = start;
  const wentOn = start === sizeOf(part);
  try {
    writing(part, () => ftruncateSync(descriptor, start));
    for await (const bytes of content) {
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
    throw new Transient(`broke off after ${received} of ${file.bytes} bytes (${messageOf(error)})`, wentOn);
  } finally {
    closeSync(descriptor);
  }
  if (received < file.bytes) throw new Transient(`ended after ${received} of ${file.bytes} bytes`, wentOn);
}

async function verify(file: Download, part: string, resumed: boolean, packed: boolean): Promise<void> {
  const found = await md5Of(part);
  if (found === file.md5) return;
  rmSync(part);
  if (packed) throw new Packed("wrong bytes as they came, which are said to be packed; unpacking them");
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
