// A training session whose steps are made by an optimizer of the user's own, in a thread of its own. All else, the
// arithmetic, the evaluation and the clock, stays where it is for every optimizer.

import type { Session, SessionState, StepResult, TrainingSession } from "../engines/engine.js";
import { RpBenchError } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import type { UpdateThread } from "./update-thread.js";

/** What the module keeps, among the session's state. */
const MODULE = "module";

export class HostedSession implements TrainingSession {
  /** Where the module can be saved, and the engine. */
  readonly save?: () => Promise<SessionState>;
  readonly restore?: (state: SessionState) => Promise<void>;

  constructor(
    private readonly session: Session,
    private readonly thread: UpdateThread,
  ) {
    if (!thread.resumable || !session.save || !session.restore) return;
    this.save = async () => ({ ...(await session.save?.()), [MODULE]: await thread.save() });
    this.restore = async ({ [MODULE]: saved, ...state }) => {
      if (!(saved instanceof Uint8Array)) {
        throw new RpBenchError("INVALID_ARGUMENT", `state: ${MODULE} must be the state of a module`);
      }
      await session.restore?.(state);
      await thread.restore(saved, session.parameters());
    };
  }

  /** @throws RpBenchError OPTIMIZER_FAILED where the update fails, never ends or takes too long; INTERRUPTED, DISPOSED */
  step(batch: FloatArray): Promise<StepResult> {
    return this.thread.step(batch, this.session);
  }

  evaluate(images: FloatArray): Promise<number> {
    return this.session.evaluate(images);
  }

  parameters(): FloatArray {
    return this.session.parameters();
  }

  dispose(): void {
    this.thread.end(new RpBenchError("DISPOSED", "this session has been disposed; create another"));
    this.session.dispose();
  }
}
