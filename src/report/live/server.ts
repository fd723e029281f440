// The live page over HTTP, to this machine alone: the page, its data, what is new as server-sent events, and a stop. The
// address has a token that only the command's own output shows. A page of another origin can neither guess it nor, were it
// to, ask for anything: the Host and the Origin must be this server's, also against names that are made to point here.

import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { messageOf } from "../../errors.js";
import type { LiveState } from "./messages.js";

export interface LiveContent {
  state(): LiveState;
  page(): Promise<string>;
  model(): Promise<string>;
  stop(): void;
}

export interface LiveServer {
  server: Server;
  /** To every page that listens. */
  send(event: "state" | "end", state: LiveState): void;
  endStreams(): void;
}

/** A page that has not taken so many bytes gets no more of them until it has: what comes later says the same and more. */
const MOST_WAITING = 16_384;

const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};

export function createLiveServer(token: string, content: LiveContent): LiveServer {
  const streams = new Set<ServerResponse>();
  const send = (event: string, state: LiveState) => {
    for (const stream of streams) {
      if (stream.writableLength <= MOST_WAITING) stream.write(eventText(event, state));
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) end(response, 500, "text/plain", messageOf(error));
    });
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, given = "", what = "", ...more] = (request.url ?? "").split("/");
    if (!isOwn(request) || !equal(given, token)) return end(response, 403, "text/plain", "forbidden\n");
    const asked = more.length > 0 ? "nothing" : `${request.method} ${what}`;
    switch (asked) {
      case "GET ":
        return end(response, 200, "text/html; charset=utf-8", await content.page());
      case "GET model.json":
        return end(response, 200, "application/json", await content.model());
      case "POST stop":
        content.stop();
        return end(response, 204, "text/plain", "");
      case "GET events":
        response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
        response.write(eventText("state", content.state()));
        streams.add(response);
        response.on("close", () => streams.delete(response));
        return;
      default:
        return end(response, 404, "text/plain", "there is nothing here\n");
    }
  }
  return {
    ...{ server, send },
    endStreams() {
      for (const stream of streams) stream.end();
    },
  };
}

function eventText(event: string, state: LiveState): string {
  return `event: ${event}\ndata: ${JSON.stringify(state)}\n\n`;
}

function end(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": type });
  response.end(text);
}

/** Whether a request is for this server by a name of its own, and from no page but its own. */
function isOwn({ headers, socket }: IncomingMessage): boolean {
  const names = ["127.0.0.1", "localhost"].map((name) => `${name}:${socket.localPort}`);
  const { host, origin } = headers;
  const site = headers["sec-fetch-site"];
  if (host === undefined || !names.includes(host)) return false;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  return site === undefined || site === "same-origin" || site === "none";
}

function equal(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
