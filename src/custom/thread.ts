// The thread in which an optimizer of the user's own runs. Whatever its code does here, the run that it belongs to can
// still be interrupted, timed out and ended.

import { parentPort, workerData } from "node:worker_threads";
import { messageOf, RpBenchError } from "../errors.js";
import { CustomSession } from "./custom-session.js";
import { createUpdate } from "./load.js";
import { RemoteSession } from "./remote-session.js";
import { type Answer, type FromThread, faultOf, type ThreadSetup, type ToThread } from "./thread-messages.js";

const port = parentPort;
if (!port) throw new Error("this is the thread of a run, not a program");
const setup: ThreadSetup = workerData;
const remote = new RemoteSession(setup, port);

function tell(message: FromThread): void {
  port?.postMessage(message);
}

function fail(error: unknown): void {
  const known = error instanceof RpBenchError;
  const fault = known ? faultOf(error) : { code: "OPTIMIZER_FAILED" as const, message: messageOf(error) };
  tell({ kind: "failed", fault });
}

async function obey(session: CustomSession, message: Exclude<ToThread, Answer>): Promise<void> {
  // While the module's code runs the port keeps nothing alive, so that Node tells of code that never ends.
  port?.unref();
  try {
    switch (message.kind) {
      case "step": {
        const result = await session.step(setup.batch);
        tell({ kind: "stepped", result, changed: remote.changed });
        remote.changed = false;
        break;
      }
      case "save":
        tell({ kind: "saved", state: await session.saveModule() });
        break;
      case "restore":
        await session.restoreModule(message.saved);
        tell({ kind: "restored" });
    }
  } finally {
    port?.ref();
  }
}

try {
  const { update, state } = await createUpdate(setup.module, setup.context);
  const session = new CustomSession(remote, update, setup.module, state);
  port.on("message", (message: ToThread) => {
    if (message.kind === "answer" || message.kind === "refusal") remote.settle(message);
    else obey(session, message).catch(fail);
  });
  tell({ kind: "ready", resumable: session.isResumable });
} catch (error) {
  fail(error);
}
