// A session whose steps are made by an update of the user's own.

import { setImmediate } from "node:timers/promises";
import type { Session, StepResult, TrainingSession } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import type { CustomUpdate, UpdateSession } from "./custom-optimizer.js";

export class CustomSession implements TrainingSession {
  private disposed = false;

  constructor(
    private readonly session: Session,
    private readonly update: CustomUpdate,
    /** What complaints call it. */
    private readonly file: string,
  ) {}

  /** @throws RpBenchError OPTIMIZER_FAILED where the update fails */
  async step(batch: FloatArray): Promise<StepResult> {
    const step = new WatchedStep(this.session, batch);
    try {
      await this.update(step.session, batch);
      await step.requireSettled();
    } catch (error) {
      if (this.disposed) throw new RpBenchError("DISPOSED", "this session has been disposed; create another");
      throw new RpBenchError("OPTIMIZER_FAILED", `${this.file}: ${messageOf(error)}`, { cause: error });
    }
    return { loss: await step.lossBefore(), parametersFinite: step.parametersFinite };
  }

  evaluate(images: FloatArray): Promise<number> {
    return this.session.evaluate(images);
  }

  parameters(): FloatArray {
    return this.session.parameters();
  }

  dispose(): void {
    this.disposed = true;
    this.session.dispose();
  }
}

/**
 * Learns from what an update asks of its session what a step must report. The loss before the update is mostly known
 * from the gradient, so that no second forward pass is made for it.
 */
class WatchedStep {
  readonly session: UpdateSession;
  parametersFinite = true;
  private loss: number | null = null;
  /** The parameters before the update, where it changed them before the loss was known. */
  private before: FloatArray | null = null;
  private changed = false;
  private readonly calls = new Set<Promise<unknown>>();

  constructor(
    private readonly inner: Session,
    private readonly batch: FloatArray,
  ) {
    const lossAndGradient: Session["lossAndGradient"] = (images) =>
      this.watched(inner.lossAndGradient(images), images, ({ loss }) => loss);
    this.session = {
      lossAndGradient,
      gradient: async (images) => (await lossAndGradient(images)).gradient,
      curvature: (images) => this.watched(inner.curvature(images)),
      evaluate: (images) => this.watched(inner.evaluate(images), images, (loss) => loss),
      parameters: () => inner.parameters(),
      setParameters: (parameters) => {
        if (this.loss === null && !this.changed) this.before = inner.parameters();
        inner.setParameters(parameters);
        this.changed = true;
        this.parametersFinite = allFinite(parameters);
      },
    };
  }

  /** An update that does not wait for its calls would go on in the next step. */
  async requireSettled(): Promise<void> {
    if (this.calls.size === 0) return;
    await Promise.allSettled(this.calls);
    await setImmediate(); // what waits for them has its turn while the session is there
    throw new Error("the update ended before its calls of the session; await them");
  }

  async lossBefore(): Promise<number> {
    const { inner, batch, before } = this;
    if (this.loss !== null) return this.loss;
    if (!before) return inner.evaluate(batch);
    const after = inner.parameters();
    inner.setParameters(before);
    const loss = await inner.evaluate(batch);
    inner.setParameters(after);
    return loss;
  }

  private async watched<T>(
    call: Promise<T>,
    images?: FloatArray,
    lossOf: (result: T) => number | null = () => null,
  ): Promise<T> {
    const telling = images === this.batch && !this.changed;
    this.calls.add(call);
    try {
      const result = await call;
      if (telling) this.loss ??= lossOf(result);
      return result;
    } finally {
      this.calls.delete(call);
    }
  }
}

/** A plain loop: `every` takes twenty times as long. */
function allFinite(parameters: FloatArray): boolean {
  for (let i = 0; i < parameters.length; i++) if (!Number.isFinite(parameters[i])) return false;
  return true;
}
