import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** Whole, or from where the Range header says. */
export const honest: Answer = (request, response, body) => {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start >= body.length) response.writeHead(416).end();
  else if (request.headers.range) {
    response.writeHead(206, { "Content-Range": `bytes ${start}-${body.length - 1}/${body.length}` });
    response.end(body.subarray(start));
  } else response.writeHead(200, { "Content-Length": body.length }).end(body);
};
/** Sends everything, whatever is asked for. */
export const deaf: Answer = (_, response, body) => response.writeHead(200).end(body);
/** Promises the whole file and closes the connection after `bytes` of it. */
export const cutAfter =
  (bytes: number): Answer =>
  (request, response, body) => {
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = { "Content-Length": body.length - start };
    if (start > 0)
      response.writeHead(206, {
        ...headers,
        "Content-Range": `bytes ${start}-${body.length - 1}/${body.length}`,
      });
    else response.writeHead(200, headers);
    response.write(body.subarray(start, start + bytes), () => setTimeout(() => response.destroy(), 30));
  };
export const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end();
export const wrong: Answer = (_, response, body) => {
  const bytes = Buffer.from(body);
  bytes[bytes.length >> 1] ^= 1;
  response.writeHead(200).end(bytes);
};
/** Sends a little, then a little more every 50 ms. */
export const slow: Answer = (request, response, body) => {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  response.writeHead(
    start ? 206 : 200,
    start ? { "Content-Range": `bytes ${start}-${body.length - 1}/${body.length}` } : {},
  );
  let at = start;
  const timer = setInterval(() => {
    response.write(body.subarray(at, at + 1000));
    at += 1000;
    if (at >= body.length) response.end();
  }, 50);
  response.on("close", () => clearInterval(timer));
};

/** A server on loopback; each request for a file gets the next of its answers, the last one again and again. */
export async function serve(
  files: Record<string, Buffer>,
  answers: Answer[],
): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const asked = new Map<string, number>();
  const ranges: (string | undefined)[] = [];
  const server: Server = createServer((request, response) => {
    const name = (request.url ?? "").split("/").pop() ?? "";
    const body = files[name];
    ranges.push(request.headers.range);
    if (!body) {
      response.writeHead(404).end();
      return;
    }
    const turn = asked.get(name) ?? 0;
    asked.set(name, turn + 1);
    answers[Math.min(turn, answers.length - 1)](request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ranges };
}
