// A session as the thread of a user's optimizer sees it: its parameters are in memory that both sides share, and what is
// computed on images is asked of the other side.

import type { MessagePort } from "node:worker_threads";
import type { Session } from "../engines/engine.js";
import { GuardedSession } from "../engines/guarded-session.js";
import { RpBenchError } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import type { Answer, Asked, FromThread, ThreadSetup } from "./thread-messages.js";

export class RemoteSession extends GuardedSession {
  /** Whether the shared parameters are others than those the other side computes with. */
  changed = false;
  private waiter: { resolve(value: unknown): void; reject(error: unknown): void } | null = null;
  private readonly shared: FloatArray;
  private readonly batch: FloatArray;

  constructor(
    { context, batchSize, parameters, batch }: ThreadSetup,
    private readonly port: MessagePort,
  ) {
    super(context.layerSizes[0], batchSize, parameters, "mse"); // what the loss asks of images, the other side checks
    this.shared = parameters;
    this.batch = batch;
  }

  lossAndGradient(batch: FloatArray): ReturnType<Session["lossAndGradient"]> {
    return this.ask("lossAndGradient", batch, () => this.requireBatch(batch));
  }

  async gradient(batch: FloatArray): Promise<FloatArray> {
    return (await this.lossAndGradient(batch)).gradient;
  }

  curvature(batch: FloatArray): Promise<FloatArray> {
    return this.ask("curvature", batch, () => this.requireBatch(batch));
  }

  evaluate(images: FloatArray): Promise<number> {
    return this.ask("evaluate", images, () => this.requireRows(images));
  }

  parameters(): FloatArray {
    this.requireIdle();
    return this.shared instanceof Float64Array
      ? new Float64Array(this.shared)
      : new Float32Array(this.shared);
  }

  setParameters(parameters: FloatArray): void {
    this.requireIdle();
    this.requireParameters(parameters);
    this.shared.set(parameters);
    this.changed = true;
  }

  dispose(): void {
    this.close();
  }

  /** The other side's word on what was asked. */
  settle(message: Answer): void {
    const { waiter } = this;
    this.waiter = null;
    if (message.kind === "answer") waiter?.resolve(message.value);
    else waiter?.reject(new RpBenchError(message.fault.code, message.fault.message));
  }

  /** One question after the other; while one is open the thread has something to wait for. */
  private ask<T>(what: Asked, images: FloatArray, check: () => void): Promise<T> {
    return this.enqueue(async () => {
      check();
      this.port.ref();
      try {
        return await new Promise<T>((resolve, reject) => {
          this.waiter = { resolve: (value) => resolve(value as T), reject };
          const message: FromThread = {
            kind: "ask",
            what,
            images: images === this.batch ? null : images,
            changed: this.changed,
          };
          this.changed = false;
          this.port.postMessage(message);
        });
      } finally {
        this.port.unref();
      }
    });
  }
}
