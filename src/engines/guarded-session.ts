// What every engine's sessions share: checks of options and arguments, calls one after the other, pauses.

import type { z } from "zod";
import { RpBenchError } from "../errors.js";
import { type FloatArray, parameterCount } from "../model/architecture.js";
import type { Loss } from "../model/objective.js";
import { nextTurn } from "../turn.js";
import { isFloat32Array, isFloat64Array } from "../typed-arrays.js";
import { parseWith } from "../validation.js";
import { type SessionOptions, sessionOptionsSchema } from "./engine.js";

/** The event loop waits no longer than about this, but for one pass of a large network over a large batch. */
export const PAUSE_MILLISECONDS = 45;

/** @throws RpBenchError CONFIG_INVALID or INVALID_ARGUMENT, naming the option. */
export function resolveSession(raw: SessionOptions): z.output<typeof sessionOptionsSchema> {
  const options = parseWith(sessionOptionsSchema, raw);
  const { layerSizes, optimizer, parameters } = options;
  const inputs = layerSizes[0];
  const outputs = layerSizes[layerSizes.length - 1];
  if (inputs !== outputs) {
    const message = `layerSizes: an autoencoder ends as it begins, got ${inputs} inputs and ${outputs} outputs`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const count = parameterCount(layerSizes);
  if (parameters.length !== count) {
    const message = `parameters: ${layerSizes.join("-")} has ${count}, got ${parameters.length}`;
    throw new RpBenchError("INVALID_ARGUMENT", message);
  }
  const curvature = "curvature" in optimizer ? optimizer.curvature : "exact";
  if (curvature !== "exact" && curvature.outputs > outputs) {
    const message = `optimizer.curvature.outputs: must be at most ${outputs}, the network's outputs, got ${curvature.outputs}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  return options;
}

export class GuardedSession {
  private disposed = false;
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private lastPause = performance.now();

  constructor(
    protected readonly inputs: number,
    protected readonly batchSize: number,
    /** Of the type and length that arguments must have. */
    private readonly like: FloatArray,
    private readonly loss: Loss,
  ) {}

  /** No call from now on is answered. */
  protected close(): void {
    this.disposed = true;
  }

  protected get isClosed(): boolean {
    return this.disposed;
  }

  /** When the calls made so far have ended. */
  protected async settled(): Promise<void> {
    await this.queue;
  }

  /** Lets the event loop have its turn, where it has waited long. */
  protected async pause(): Promise<void> {
    if (performance.now() - this.lastPause < PAUSE_MILLISECONDS) return;
    await nextTurn();
    this.lastPause = performance.now();
    this.requireOpen();
  }

  /** Calls share buffers, and a step may yield half way, so one runs after the other. */
  protected enqueue<T>(work: () => Promise<T>): Promise<T> {
    this.waiting++;
    const result = this.queue
      .then(() => {
        this.requireOpen();
        return work();
      })
      .finally(() => {
        this.waiting--;
      });
    this.queue = result.catch(() => undefined);
    return result;
  }

  protected requireOpen(): void {
    if (this.disposed) throw new RpBenchError("DISPOSED", "this session has been disposed; create another");
  }

  protected requireIdle(): void {
    this.requireOpen();
    if (this.waiting === 0) return;
    const message = "a call of this session is under way; await it before touching the parameters";
    throw new RpBenchError("BUSY", message);
  }

  protected requireBatch(batch: FloatArray): void {
    this.requireArray("batch", batch, this.batchSize * this.inputs);
    this.requirePixels("batch", batch);
  }

  protected requireParameters(parameters: FloatArray): void {
    this.requireArray("parameters", parameters, this.like.length);
  }

  /** @returns how many rows there are */
  protected requireRows(images: FloatArray): number {
    this.requireType("images", images);
    const rows = images.length / this.inputs;
    if (!Number.isInteger(rows) || rows <= 0) {
      const message = `images: the length must be a positive multiple of ${this.inputs}, got ${images.length}`;
      throw new RpBenchError("INVALID_ARGUMENT", message);
    }
    this.requirePixels("images", images);
    return rows;
  }

  /** The cross-entropy of anything but a mean of 0s and 1s has no meaning, and no least value. */
  private requirePixels(name: string, images: FloatArray): void {
    if (this.loss !== "cross-entropy") return;
    for (let i = 0; i < images.length; i++) {
      if (images[i] >= 0 && images[i] <= 1) continue;
      const message = `${name}: with the loss cross-entropy values must be from 0 to 1, got ${images[i]} at index ${i}`;
      throw new RpBenchError("INVALID_ARGUMENT", message);
    }
  }

  private requireArray(name: string, array: FloatArray, length: number): void {
    this.requireType(name, array);
    if (array.length === length) return;
    throw new RpBenchError("INVALID_ARGUMENT", `${name}: must have ${length} values, got ${array.length}`);
  }

  private requireType(name: string, array: FloatArray): void {
    const double = this.like instanceof Float64Array;
    if (double ? isFloat64Array(array) : isFloat32Array(array)) return;
    const wanted = double ? "Float64Array" : "Float32Array";
    const got = Object.prototype.toString.call(array).slice("[object ".length, -1);
    const message = `${name}: must be a ${wanted} like the parameters, got ${got}`;
    throw new RpBenchError("INVALID_ARGUMENT", message);
  }
}
