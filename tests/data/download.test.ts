// Downloads from a server on loopback that misbehaves in every way a mirror can. The file that counts is whole and
// verified, or absent, and the next try goes on where the last one broke off.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { download } from "../../src/data/download.js";
import { temporaryFolder } from "../support/cli.js";
import { type Answer, cutAfter, deaf, honest, serve, slow, status, wrong } from "../support/file-server.js";
import { randomValues } from "../support/random.js";

const body = Buffer.from(Uint8Array.from(randomValues(40_000, 1, 0, 256)));
const file = { name: "file.gz", bytes: body.length, md5: createHash("md5").update(body).digest("hex") };

async function get(
  answers: Answer[][],
  { part = join(temporaryFolder(), "file.gz.part"), signal = new AbortController().signal } = {},
) {
  const servers = await Promise.all(answers.map((each) => serve({ "file.gz": body }, each)));
  const troubles: string[] = [];
  const failure = await download(file, part, {
    ...{ sources: servers.map(({ url }) => url), signal, retryMilliseconds: 5 },
    onProgress: () => {},
    onTrouble: (message) => troubles.push(message),
  }).then(
    () => null,
    (error: unknown) => error,
  );
  return { part, failure, troubles, ranges: servers.map(({ ranges }) => ranges) };
}

describe("download", () => {
  it.each<[string, Answer[][], number]>([
    ["an honest server", [[honest]], 0],
    ["one cut in the middle", [[cutAfter(10_000), honest]], 1],
    ["one cut again and again", [[cutAfter(10_000), cutAfter(10_000), cutAfter(10_000), honest]], 3],
    ["500, then 200", [[status(500), honest]], 1],
    ["404, then a mirror", [[status(404)], [honest]], 1],
    ["wrong bytes, then a mirror", [[wrong], [honest]], 1],
    ["cut, then a server that ignores Range", [[cutAfter(10_000), deaf]], 1],
    ["a first source that is gone on with at a mirror", [[cutAfter(9_000), status(404)], [honest]], 2],
  ])("gets the whole file from %s", async (_, answers, trouble) => {
    const { part, failure, troubles } = await get(answers);
    expect(failure).toBeNull();
    expect(readFileSync(part).equals(body)).toBe(true);
    expect(troubles).toHaveLength(trouble);
  });

  it("asks only for what is missing", async () => {
    const { ranges } = await get([[cutAfter(10_000), honest]]);
    expect(ranges[0][0]).toBeUndefined();
    expect(ranges[0][1]).toMatch(/^bytes=\d+-$/);
    expect(Number(ranges[0][1]?.match(/\d+/)?.[0])).toBeGreaterThan(0);
  });

  it.each<[string, Answer[][], RegExp]>([
    ["404 everywhere", [[status(404)], [status(403)]], /HTTP 403/],
    ["500 for ever", [[status(500)]], /HTTP 500/],
    ["wrong bytes everywhere", [[wrong], [wrong]], /wrong bytes, their MD5 is/],
  ])("says so after %s", async (_, answers, message) => {
    const { failure, part } = await get(answers);
    expect(failure).toMatchObject({ code: "NETWORK_FAILED", message: expect.stringMatching(message) });
    if (existsSync(part)) expect(readFileSync(part).equals(body)).toBe(false);
  });

  it("says so where nobody listens", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const address = gone.address();
    await new Promise((resolve) => gone.close(resolve));
    const sources = [`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`];
    const options = {
      signal: new AbortController().signal,
      onProgress() {},
      onTrouble() {},
      retryMilliseconds: 1,
    };
    const failed = download(file, join(temporaryFolder(), "p"), { sources, ...options });
    await expect(failed).rejects.toThrow(/ECONNREFUSED/);
  });

  it("begins again with a part that is too long, or that does not fit the file", async () => {
    for (const rubbish of [Buffer.alloc(body.length + 5), Buffer.alloc(500)]) {
      const part = join(temporaryFolder(), "file.gz.part");
      writeFileSync(part, rubbish);
      const { failure } = await get([[honest]], { part });
      expect(failure).toBeNull();
      expect(readFileSync(part).equals(body)).toBe(true);
    }
  });

  it("keeps what it has when interrupted, and goes on from there", async () => {
    const controller = new AbortController();
    const started = get([[slow]], { signal: controller.signal });
    await setTimeout(400);
    controller.abort();
    const { failure, part } = await started;
    expect(failure).toMatchObject({ code: "INTERRUPTED", exitCode: 130 });
    const kept = statSync(part).size;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(body.length);
    const { failure: none, ranges } = await get([[honest]], { part });
    expect(none).toBeNull();
    expect(ranges[0][0]).toBe(`bytes=${kept}-`);
    expect(readFileSync(part).equals(body)).toBe(true);
  });

  it("says where the disk is full, and goes on once there is room", async () => {
    const disk = temporaryFolder();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24k", "none", disk]).status === 0;
    if (!mounted) return; // a test may not mount here
    try {
      const part = join(disk, "file.gz.part");
      const { failure } = await get([[honest]], { part });
      expect(failure).toMatchObject({ code: "WRITE_FAILED", message: expect.stringContaining("ENOSPC") });
      spawnSync("mount", ["-o", "remount,size=80k", disk]);
      const { failure: none, ranges } = await get([[honest]], { part });
      expect(none).toBeNull();
      expect(ranges[0][0]).toMatch(/^bytes=\d+-$/);
    } finally {
      spawnSync("umount", [disk]);
    }
  });

  it("asks for bytes as they are, and gives up a source that sends more than there should be", async () => {
    const packed: Answer = (request, response) => {
      const wanted = String(request.headers["accept-encoding"]);
      if (wanted === "identity") response.writeHead(200).end(body);
      else response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync(body));
    };
    expect((await get([[packed]])).failure).toBeNull();
    const longer: Answer = (_, response) => response.writeHead(200).end(Buffer.concat([body, body]));
    const { troubles, part } = await get([[longer], [honest]]);
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/longer than the 40000 bytes/);
    expect(readFileSync(part).equals(body)).toBe(true);
  });

  describe("from a server that says the file is packed for the way", () => {
    const gzip = gzipSync(body); // a file that is a .gz itself, as those of all datasets
    const packedFile = { ...file, bytes: gzip.length, md5: createHash("md5").update(gzip).digest("hex") };
    const from = async (answers: Answer[], part = join(temporaryFolder(), "file.gz.part")) => {
      const { url, ranges } = await serve({ "file.gz": gzip }, answers);
      const troubles: string[] = [];
      await download(packedFile, part, {
        ...{ sources: [url], signal: new AbortController().signal, retryMilliseconds: 1 },
        onProgress: () => {},
        onTrouble: (message) => troubles.push(message),
      });
      expect(readFileSync(part)).toEqual(gzip);
      return { troubles, ranges };
    };
    const labelled: Answer = (request, response, bytes) => {
      response.setHeader("Content-Encoding", "gzip");
      honest(request, response, bytes);
    };
    const labelledAndCut: Answer = (request, response, bytes) => {
      response.setHeader("Content-Encoding", "gzip");
      cutAfter(9_000)(request, response, bytes);
    };
    /** Packs it, whatever it is asked for. */
    const packing: Answer = (_, response, bytes) => {
      response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync(bytes));
    };

    it("takes it as it is, where it says so for the file's name alone", async () => {
      expect((await from([labelled])).troubles).toEqual([]);
      const { troubles, ranges } = await from([labelledAndCut, labelled]);
      expect(troubles).toHaveLength(1);
      expect(ranges[1]).toMatch(/^bytes=\d+-$/);
    });

    it("unpacks it where that is true", async () => {
      expect((await from([packing])).troubles).toHaveLength(1);
      const sized: Answer = (_, response, bytes) => {
        const packed = gzipSync(bytes);
        response.writeHead(200, { "Content-Encoding": "gzip", "Content-Length": packed.length }).end(packed);
      };
      expect((await from([sized])).troubles).toHaveLength(1);
      const cut: Answer = (_, response, bytes) => {
        response.writeHead(200, { "Content-Encoding": "gzip" });
        response.write(gzipSync(bytes).subarray(0, 9_000), () => response.destroy());
      };
      expect((await from([packing, cut, packing])).troubles).toHaveLength(2);
    });
  });

  it("follows a redirection", async () => {
    const { url } = await serve({ "file.gz": body }, [honest]);
    const elsewhere: Answer = (_, response) => response.writeHead(302, { Location: `${url}file.gz` }).end();
    expect((await get([[elsewhere]])).failure).toBeNull();
    const inCircles: Answer = (_, response) => response.writeHead(302, { Location: "/file.gz" }).end();
    expect((await get([[inCircles]])).failure).toMatchObject({ code: "NETWORK_FAILED" });
  });

  it.each<[string, (request: number) => number]>([
    ["at random places", (request) => randomValues(1, request, 0.3, 0.99)[0]],
    ["a little later each time", (request) => Math.min(0.99, 0.3 + 0.02 * request)],
  ])("gives up a server that begins at 0 each time and breaks off %s", async (_, shareOf) => {
    let sent = 0;
    const breaking: Answer = (_, response, bytes) => {
      const part = bytes.subarray(0, shareOf(++sent) * bytes.length);
      response.writeHead(200, { "Content-Length": bytes.length });
      response.write(part, () => setTimeout(20).then(() => response.destroy()));
    };
    const { failure, ranges } = await get([[breaking]]);
    expect(failure).toMatchObject({ code: "NETWORK_FAILED", message: expect.stringContaining("broke off") });
    expect(ranges[0].length).toBeLessThanOrEqual(5);
  });

  it("gives up a server that breaks off, goes on and has the wrong bytes, again and again", async () => {
    const wrongAndCut: Answer = (request, response, bytes) => {
      cutAfter(request.headers.range ? bytes.length : 10_000)(
        request,
        response,
        Buffer.from(bytes.map((byte) => byte ^ 1)),
      );
    };
    const { failure, ranges } = await get([[wrongAndCut]]);
    expect(failure).toMatchObject({ code: "NETWORK_FAILED" });
    expect(ranges[0].length).toBeLessThanOrEqual(10);
  });

  it("does not count tries while it gets on", async () => {
    const { failure, troubles } = await get([[cutAfter(4_000)]]);
    expect(failure).toBeNull();
    expect(troubles.length).toBeGreaterThan(5);
  });

  it("names a proxy variable that is no address", async () => {
    vi.stubEnv("https_proxy", "foo bar");
    const { failure } = await get([[honest]]);
    vi.unstubAllEnvs();
    expect(failure).toMatchObject({ code: "USAGE", message: expect.stringContaining("HTTPS_PROXY") });
  });

  it("goes through a proxy that the environment names", async () => {
    const proxied: string[] = [];
    const proxy = createServer().on("connect", (request, socket) => {
      proxied.push(String(request.url));
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const address = proxy.address();
    process.env.http_proxy = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    try {
      const options = {
        signal: new AbortController().signal,
        onProgress() {},
        onTrouble() {},
        retryMilliseconds: 1,
      };
      const failed = download(file, join(temporaryFolder(), "p"), {
        sources: ["http://data.invalid/"],
        ...options,
      });
      await expect(failed).rejects.toThrow(expect.objectContaining({ code: "NETWORK_FAILED" }));
      expect(proxied[0]).toBe("data.invalid:80");
    } finally {
      delete process.env.http_proxy;
      proxy.close();
    }
  });
});
