// The thread that serves the live page. It reads the folder itself, so neither that nor a slow reader takes time from
// training.

import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../errors.js";
import { gatherReport } from "../gather.js";
import { pageText } from "../page.js";
import type { FromServer, LiveState, ServerSetup, ToServer } from "./messages.js";
import { createLiveServer } from "./server.js";

const port = parentPort;
if (!port) throw new Error("this is the thread of a live page, not a program");
const { folder, token, dataDir, port: wanted }: ServerSetup = workerData;
const tell = (message: FromServer) => port.postMessage(message);

/** After the last word the page has so long to take it. */
const FAREWELL_MILLISECONDS = 300;

let state: LiveState = { share: 0, words: "Preparing …", version: 0 };
/** What the folder held at a version. */
let gathered: { version: number; model: ReturnType<typeof gatherReport> } | null = null;

function model(): ReturnType<typeof gatherReport> {
  if (gathered?.version !== state.version) {
    gathered = { version: state.version, model: gatherReport([folder], { dataDir, unfinished: true }) };
  }
  return gathered.model;
}

const live = createLiveServer(token, {
  state: () => state,
  page: async () => pageText(await model(), true),
  model: async () => JSON.stringify(await model()),
  stop: () => tell({ kind: "stop" }),
});

live.server.on("error", (error: NodeJS.ErrnoException) => {
  tell({ kind: "failed", code: error.code, message: messageOf(error) });
  port.close();
});
live.server.listen(wanted, "127.0.0.1", () => {
  const address = live.server.address();
  if (typeof address === "object" && address) tell({ kind: "listening", port: address.port });
});

port.on("message", (message: ToServer) => {
  if (message.kind === "state") {
    state = message.state;
    live.send("state", state);
    return;
  }
  live.send("end", { ...state, words: message.words });
  live.server.close();
  live.endStreams();
  setTimeout(() => live.server.closeAllConnections(), FAREWELL_MILLISECONDS);
  port.close();
});
