// The other end of an optimizer's thread: starts it, answers what its update asks, and ends it at any moment.

import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Session, StepResult } from "../engines/engine.js";
import { messageOf, RpBenchError } from "../errors.js";
import type { FloatArray } from "../model/architecture.js";
import { endThread } from "./stuck-threads.js";
import {
  type Asked,
  type Fault,
  type FromThread,
  faultOf,
  type ThreadSetup,
  type ToThread,
} from "./thread-messages.js";

/** Computes for an update. */
export type Computing = Pick<Session, "lossAndGradient" | "curvature" | "evaluate" | "setParameters">;

export interface ThreadOptions extends Pick<ThreadSetup, "module" | "context" | "batchSize"> {
  parameters: FloatArray;
  /** Ends the thread and the work in hand. */
  signal?: AbortSignal | undefined;
  /** The longest that each update may take; to be loaded, the module has LOADING_SECONDS at least. */
  patienceSeconds?: number | null | undefined;
}

/** A thread on a busy machine may begin late. */
const LOADING_SECONDS = 30;

/** Compiled: Node starts no thread from TypeScript. */
const THREAD = fileURLToPath(new URL("../../dist/custom/thread.js", import.meta.url));

/** What a thread says when it has done as it was told: at the beginning and after `restore` nothing but that. */
type Word = StepResult | Uint8Array | null;

export class UpdateThread {
  /** Whether what the update keeps can be saved; known once the thread has started. */
  resumable = false;
  private readonly worker: Worker;
  private readonly shared: Pick<ThreadSetup, "parameters" | "batch">;
  private waiter: { resolve(word: Word): void; reject(error: RpBenchError): void } | null = null;
  private session: Computing | null = null;
  private ended: RpBenchError | null = null;
  private readonly onAbort = () => this.end(new RpBenchError("INTERRUPTED", "interrupted"));

  private constructor(private readonly options: ThreadOptions) {
    const { module, context, batchSize, parameters, signal } = options;
    this.shared = {
      parameters: sharedLike(parameters, parameters.length),
      batch: sharedLike(parameters, batchSize * context.layerSizes[0]),
    };
    this.shared.parameters.set(parameters);
    const workerData: ThreadSetup = { module, context, batchSize, ...this.shared };
    this.worker = new Worker(THREAD, { workerData, execArgv: [] })
      .on("message", (message: FromThread) => this.hear(message))
      .on("error", (error) => this.end(this.failure(messageOf(error))))
      .on("exit", () => this.end(this.failure("it ended its thread, by process.exit or the like")));
    if (signal?.aborted) this.onAbort();
    signal?.addEventListener("abort", this.onAbort);
  }

  /**
   * Has the module loaded and its update made.
   *
   * @throws RpBenchError CONFIG_INVALID, also where that takes too long; INTERRUPTED
   */
  static async start(options: ThreadOptions): Promise<UpdateThread> {
    const thread = new UpdateThread(options);
    try {
      const { patienceSeconds: patience } = options;
      await thread.wait("it was not ready", patience && Math.max(patience, LOADING_SECONDS));
    } catch (error) {
      thread.end(new RpBenchError("DISPOSED", "it never began"));
      const isFault = error instanceof RpBenchError && error.code === "OPTIMIZER_FAILED";
      throw isFault ? new RpBenchError("CONFIG_INVALID", error.message, { cause: error.cause }) : error;
    }
    return thread;
  }

  /** One update from the parameters that `session` has, which then has those after it. @throws RpBenchError */
  async step(batch: FloatArray, session: Computing): Promise<StepResult> {
    this.session = session;
    this.shared.batch.set(batch);
    this.post({ kind: "step" });
    const result = await this.wait("the update was not made", this.options.patienceSeconds);
    if (!result || result instanceof Uint8Array) throw this.failure("it began anew");
    return result;
  }

  /** What the update keeps. @throws RpBenchError */
  async save(): Promise<Uint8Array> {
    this.post({ kind: "save" });
    const state = await this.wait("its state was not saved", this.options.patienceSeconds);
    if (!(state instanceof Uint8Array)) throw this.failure("it began anew");
    return state;
  }

  /** Takes an update that has made no step to where another was saved. @throws RpBenchError */
  async restore(saved: Uint8Array, parameters: FloatArray): Promise<void> {
    this.shared.parameters.set(parameters);
    this.post({ kind: "restore", saved });
    await this.wait("its state was not restored", this.options.patienceSeconds);
  }

  /** Ends the thread, whatever it does. The work in hand fails with `error`. */
  end(error: RpBenchError): void {
    if (!this.ended) {
      this.ended = error;
      this.options.signal?.removeEventListener("abort", this.onAbort);
      endThread(this.worker);
    }
    this.waiter?.reject(this.ended);
  }

  /** For the next word that is no question. */
  private wait(whatNot: string, seconds: number | null | undefined): Promise<Word> {
    return new Promise<Word>((resolve, reject) => {
      const tooLong = () => this.end(this.failure(`${whatNot} within ${seconds} s`));
      const timer = seconds ? setTimeout(tooLong, 1000 * seconds) : undefined;
      const settling =
        <T>(act: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          this.waiter = null;
          act(value);
        };
      this.waiter = { resolve: settling(resolve), reject: settling(reject) };
      if (this.ended) this.waiter.reject(this.ended);
    });
  }

  private hear(message: FromThread): void {
    if (this.ended) return;
    switch (message.kind) {
      case "ready":
        this.resumable = message.resumable;
        this.waiter?.resolve(null);
        break;
      case "restored":
        this.waiter?.resolve(null);
        break;
      case "saved":
        this.waiter?.resolve(message.state);
        break;
      case "ask":
        this.answer(message).catch((error: unknown) => {
          const known = error instanceof RpBenchError;
          this.post({ kind: "refusal", fault: known ? faultOf(error) : this.failure(messageOf(error)) });
        });
        break;
      case "stepped":
        if (message.changed) this.session?.setParameters(this.shared.parameters);
        this.waiter?.resolve(message.result);
        break;
      case "failed":
        this.waiter?.reject(errorOf(message.fault));
    }
  }

  private async answer({ what, images, changed }: Extract<FromThread, { kind: "ask" }>): Promise<void> {
    const { session } = this;
    if (!session) throw new RpBenchError("DISPOSED", "the session is for use inside an update alone");
    if (changed) session.setParameters(this.shared.parameters);
    const value = await session[what](images ?? this.shared.batch);
    this.post({ kind: "answer", value }, ownedBy(value));
  }

  private post(message: ToThread, owned: ArrayBuffer[] = []): void {
    if (!this.ended) this.worker.postMessage(message, owned);
  }

  private failure(what: string): RpBenchError {
    return new RpBenchError("OPTIMIZER_FAILED", `${this.options.module.file}: ${what}`);
  }
}

function sharedLike(array: FloatArray, length: number): FloatArray {
  const buffer = new SharedArrayBuffer(array.BYTES_PER_ELEMENT * length);
  return array instanceof Float64Array ? new Float64Array(buffer) : new Float32Array(buffer);
}

/** The memory of a result, which is the caller's and so can be handed on: a copy of a gradient is not free. */
function ownedBy(value: Awaited<ReturnType<Computing[Asked]>>): ArrayBuffer[] {
  if (typeof value === "number") return [];
  const { buffer, byteLength } = "gradient" in value ? value.gradient : value;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

function errorOf({ code, message, stack }: Fault): RpBenchError {
  if (stack === undefined) return new RpBenchError(code, message);
  const cause = new Error(message);
  cause.stack = stack;
  return new RpBenchError(code, message, { cause });
}
