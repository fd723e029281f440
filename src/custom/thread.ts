// The thread in which an optimizer of the user's own runs. Whatever its code does here, the run that it belongs to can
// still be interrupted, timed out and ended.

import { parentPort, workerData } from "node:worker_threads";
import { messageOf, RpBenchError } from "../errors.js";
import { CustomSession } from "./custom-session.js";
import { createUpdate } from "./load.js";
import { RemoteSession } from "./remote-session.js";
import { type FromThread, faultOf, type ThreadSetup, type ToThread } from "./thread-messages.js";

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

async function step(session: CustomSession): Promise<void> {
  // While the update is made the port keeps nothing alive, so that Node tells of an update that never ends.
  port?.unref();
  try {
    const result = await session.step(setup.batch);
    tell({ kind: "stepped", result, changed: remote.changed });
    remote.changed = false;
  } finally {
    port?.ref();
  }
}

try {
  const session = new CustomSession(remote, await createUpdate(setup.module, setup.context), setup.module);
  port.on("message", (message: ToThread) => {
    if (message.kind === "step") step(session).catch(fail);
    else remote.settle(message);
  });
  tell({ kind: "ready" });
} catch (error) {
  fail(error);
}
