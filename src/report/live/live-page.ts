// A page on this machine that shows a command's work while it goes on.

import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { RpBenchError } from "../../errors.js";
import type { FromServer, LiveProgress, LiveState, ServerSetup, ToServer } from "./messages.js";

export interface LivePage {
  url: string;
  /** Told often; the page hears of it a few times a second. */
  progress(progress: LiveProgress): void;
  /** There is a new row or run. */
  changed(): void;
  /** The page hears why there is nothing more. */
  end(words: string): Promise<void>;
}

/** Progress is passed on at most so often. */
const TELL_MILLISECONDS = 250;

/** @param onStop called when the page's stop button is pressed @throws RpBenchError USAGE where the port is taken */
export function startLivePage(
  { folder, port, dataDir }: Pick<ServerSetup, "folder" | "port" | "dataDir">,
  onStop: () => void,
): Promise<LivePage> {
  const token = randomBytes(24).toString("base64url");
  const setup: ServerSetup = { folder, port, token, dataDir };
  const worker = new Worker(new URL("./server-thread.js", import.meta.url), { workerData: setup });
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (message: FromServer) => {
      if (message.kind === "stop") onStop();
      else if (message.kind === "listening") {
        worker.unref(); // it keeps no command from its end
        resolve(pageOf(worker, `http://127.0.0.1:${message.port}/${token}/`));
      } else reject(refusal(port, message));
    });
  });
}

function refusal(port: number, { code, message }: Extract<FromServer, { kind: "failed" }>): RpBenchError {
  const why =
    { EADDRINUSE: "is taken by another program", EACCES: "needs more rights" }[code ?? ""] ?? message;
  return new RpBenchError(
    "USAGE",
    `--serve: port ${port} ${why}; name another, or none for any that is free`,
  );
}

function pageOf(worker: Worker, url: string): LivePage {
  let state: LiveState = { share: 0, words: "Preparing …", version: 0 };
  let told = 0;
  const tell = (message: ToServer) => worker.postMessage(message);
  return {
    url,
    progress(progress) {
      state = { ...state, ...progress };
      if (performance.now() - told < TELL_MILLISECONDS) return;
      told = performance.now();
      tell({ kind: "state", state });
    },
    changed() {
      state = { ...state, version: state.version + 1 };
      told = performance.now();
      tell({ kind: "state", state });
    },
    async end(words) {
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      worker.ref();
      tell({ kind: "end", words });
      await ended;
    },
  };
}
