// A session whose steps are made by an update of the user's own.

import { setImmediate } from "node:timers/promises";
import { types } from "node:util";
import { deserialize, serialize } from "node:v8";
import type { Session, StepResult, TrainingSession } from "../engines/engine.js";
import { RpBenchError } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import { complaintOf } from "./complaint.js";
import type { CustomUpdate, UpdateSession } from "./custom-optimizer.js";
import type { MadeUpdate } from "./load.js";
import type { ModuleOptions } from "./options.js";
import { UserCode } from "./user-code.js";

/** What an update works on. */
type Underlying = UpdateSession & Pick<Session, "dispose">;

export class CustomSession implements TrainingSession {
  private disposed = false;
  private readonly code = new UserCode();
  private readonly watched: WatchedSession;
  /** The batch as the update gets it: what it writes there must not reach the loss of the step. */
  private handed: FloatArray | null = null;

  constructor(
    private readonly session: Underlying,
    private readonly update: CustomUpdate,
    private readonly module: Pick<ModuleOptions, "file" | "path">,
    private readonly state: MadeUpdate["state"] = null,
  ) {
    this.watched = new WatchedSession(session);
  }

  /** @throws RpBenchError OPTIMIZER_FAILED where the update fails or never ends */
  async step(batch: FloatArray): Promise<StepResult> {
    const { watched } = this;
    const handed = copyInto(this.handed, batch);
    this.handed = handed;
    watched.begin(batch);
    try {
      await this.code.run(async () => {
        await this.update(watched.facade, handed);
        await watched.requireSettled();
      }, "the update");
    } catch (error) {
      throw this.failure("", error);
    } finally {
      watched.end();
    }
    return { loss: await watched.lossBefore(batch), parametersFinite: watched.parametersFinite };
  }

  /** Whether the module can be saved. */
  get isResumable(): boolean {
    return this.state !== null;
  }

  /** What the module keeps, as bytes. @throws RpBenchError OPTIMIZER_FAILED */
  saveModule(): Promise<Uint8Array> {
    return this.worked("save", async (state) => Uint8Array.from(serialize(await state.save())));
  }

  /** @throws RpBenchError OPTIMIZER_FAILED */
  restoreModule(saved: Uint8Array): Promise<void> {
    return this.worked("restore", async (state) => state.restore(deserialize(saved)));
  }

  private async worked<T>(
    what: "save" | "restore",
    work: (state: NonNullable<MadeUpdate["state"]>) => Promise<T>,
  ): Promise<T> {
    const { state } = this;
    if (!state) throw new RpBenchError("OPTIMIZER_FAILED", `${this.module.file}: has no ${what}`);
    try {
      return await this.code.run(() => work(state), what);
    } catch (error) {
      throw this.failure(`${what} failed: `, error);
    }
  }

  private failure(what: string, error: unknown): RpBenchError {
    if (this.disposed) return new RpBenchError("DISPOSED", "this session has been disposed; create another");
    const message = `${this.module.file}: ${what}${complaintOf(error, this.module.path)}`;
    return new RpBenchError("OPTIMIZER_FAILED", message, { cause: error });
  }

  evaluate(images: FloatArray): Promise<number> {
    return this.session.evaluate(images);
  }

  parameters(): FloatArray {
    return this.session.parameters();
  }

  dispose(): void {
    this.disposed = true;
    this.code.close();
    this.session.dispose();
  }
}

/**
 * Learns from what an update asks of its session what a step must report. The loss before the update is mostly known
 * from the gradient, so that no second forward pass is made for it.
 */
class WatchedSession {
  /** The same at every step: an update may keep it. */
  readonly facade: UpdateSession;
  parametersFinite = true;
  /** null between the steps. */
  private batch: FloatArray | null = null;
  private loss: number | null = null;
  /** The parameters before the update, where it changed them before the loss was known. */
  private before: FloatArray | null = null;
  private changed = false;
  private readonly calls = new Set<Promise<unknown>>();

  constructor(private readonly inner: Underlying) {
    const lossAndGradient: Session["lossAndGradient"] = (images) =>
      this.watched(
        (known) => inner.lossAndGradient(known),
        images,
        ({ loss }) => loss,
      );
    this.facade = {
      lossAndGradient,
      gradient: async (images) => (await lossAndGradient(images)).gradient,
      curvature: (images) => this.watched((known) => inner.curvature(known), images),
      evaluate: (images) =>
        this.watched(
          (known) => inner.evaluate(known),
          images,
          (loss) => loss,
        ),
      parameters: () => inner.parameters(),
      setParameters: (parameters) => {
        this.requireStep();
        if (this.loss === null && !this.changed) this.before = inner.parameters();
        inner.setParameters(parameters);
        this.changed = true;
        this.parametersFinite = allFinite(parameters);
      },
    };
  }

  begin(batch: FloatArray): void {
    this.batch = batch;
    this.loss = null;
    this.before = null;
    this.changed = false;
    this.parametersFinite = true;
  }

  end(): void {
    this.batch = null;
  }

  /** An update that does not wait for its calls would go on in the next step. */
  async requireSettled(): Promise<void> {
    if (this.calls.size === 0) return;
    await Promise.allSettled(this.calls);
    await setImmediate(); // what waits for them has its turn while the session is there
    throw new Error("the update ended before its calls of the session; await them");
  }

  async lossBefore(batch: FloatArray): Promise<number> {
    const { inner, before } = this;
    if (this.loss !== null) return this.loss;
    if (!before) return inner.evaluate(batch);
    const after = inner.parameters();
    inner.setParameters(before);
    const loss = await inner.evaluate(batch);
    inner.setParameters(after);
    return loss;
  }

  private async watched<T>(
    begin: (images: FloatArray) => Promise<T>,
    images: FloatArray,
    lossOf: (result: T) => number | null = () => null,
  ): Promise<T> {
    const batch = this.requireStep();
    const isBatch = sameValues(images, batch);
    const telling = isBatch && !this.changed;
    const call = begin(isBatch ? batch : images);
    this.calls.add(call);
    try {
      const result = await call;
      if (telling) this.loss ??= lossOf(result);
      return result;
    } finally {
      this.calls.delete(call);
    }
  }

  private requireStep(): FloatArray {
    if (!this.batch) throw new Error("the session is for use inside an update alone");
    return this.batch;
  }
}

/** A copy, in `target` where that is of the same type and length. */
function copyInto(target: FloatArray | null, batch: FloatArray): FloatArray {
  if (target?.length !== batch.length || target.constructor !== batch.constructor) return batch.slice();
  target.set(batch);
  return target;
}

/** Bit by bit, at the speed of memory. */
function sameValues(images: FloatArray, batch: FloatArray): boolean {
  if (images === batch) return true;
  const comparable =
    types.isTypedArray(images) && images.constructor === batch.constructor && images.length === batch.length;
  return comparable && bytesOf(images).equals(bytesOf(batch));
}

function bytesOf({ buffer, byteOffset, byteLength }: FloatArray): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** A plain loop: `every` takes twenty times as long. */
function allFinite(parameters: FloatArray): boolean {
  for (let i = 0; i < parameters.length; i++) if (!Number.isFinite(parameters[i])) return false;
  return true;
}
