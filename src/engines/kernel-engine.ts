import { setImmediate } from "node:timers/promises";
import { types } from "node:util";
import { RpBenchError } from "../errors.js";
import type { Kernels, NetworkKernels } from "../kernels/kernels.js";
import { type FloatArray, parameterCount } from "../model/architecture.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { OutputSampler } from "../optimizers/output-sampler.js";
import { createOptimizer } from "../optimizers/registry.js";
import { parseWith } from "../validation.js";
import { type Engine, type Session, type StepResult, sessionOptionsSchema } from "./engine.js";

/** The engine whose algorithm is this file and src/optimizers, over a set of kernels. */
export function createKernelEngine(kernels: Kernels): Engine {
  const { name, instructionSet, threads } = kernels;
  return {
    description: { name, instructionSet, threads },
    async createSession(raw) {
      const options = parseWith(sessionOptionsSchema, raw);
      const { layerSizes, activation, batchSize, parameters } = options;
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
      const { curvature } =
        options.optimizer.name === "rp" ? options.optimizer : { curvature: "exact" as const };
      if (curvature !== "exact" && curvature.outputs > outputs) {
        const message = `optimizer.curvature.outputs: must be at most ${outputs}, the network's outputs, got ${curvature.outputs}`;
        throw new RpBenchError("CONFIG_INVALID", message);
      }
      const double = parameters instanceof Float64Array;
      const state = () => (double ? new Float64Array(count) : new Float32Array(count));
      return allocated(() => {
        const optimizer = createOptimizer(options.optimizer, state);
        const arrays = { parameters: parameters.slice(), gradient: state(), curvature: state() };
        const sampler =
          curvature === "exact" ? null : new OutputSampler(outputs, curvature.outputs, options.seed);
        const rows = Math.max(batchSize, EVALUATION_ROWS);
        const network = kernels.createNetwork({ layerSizes, activation, rows }, double ? "double" : "single");
        return new KernelSession(network, optimizer, sampler, inputs, batchSize, arrays);
      });
    },
  };
}

/** Runs what allocates; V8's "Invalid typed array length" becomes an error that says what it means. */
function allocated<T>(create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `the session's buffers could not be had (${error.message}); use smaller layers or batches`;
    throw new RpBenchError("OUT_OF_MEMORY", message, { cause: error });
  }
}

/** Rows the forward pass of an evaluation takes at a time, where the batch is smaller. */
const EVALUATION_ROWS = 100;

/** The event loop waits no longer than about this, but for one pass of a large network over a large batch. */
const PAUSE_MILLISECONDS = 45;

interface Arrays {
  parameters: FloatArray;
  gradient: FloatArray;
  curvature: FloatArray;
}

class KernelSession implements Session {
  private disposed = false;
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private lastPause = performance.now();
  private millisecondsPerRow = PAUSE_MILLISECONDS;

  constructor(
    private readonly network: NetworkKernels,
    private readonly optimizer: Optimizer,
    private readonly sampler: OutputSampler | null,
    private readonly inputs: number,
    private readonly batchSize: number,
    private readonly arrays: Arrays,
  ) {}

  async step(batch: FloatArray): Promise<StepResult> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      const { parameters, gradient, curvature } = this.arrays;
      const loss = await this.fillGradient(batch, gradient);
      if (this.optimizer.needsCurvature) {
        await this.fillCurvature(batch, this.sampler ? this.sampler.draw() : null, curvature);
      }
      const update = { kernels: this.network, parameters, gradient, curvature };
      return { loss, parametersFinite: this.optimizer.update(update) };
    });
  }

  async gradient(batch: FloatArray): Promise<FloatArray> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      const gradient = this.arrays.gradient.slice();
      await this.fillGradient(batch, gradient);
      return gradient;
    });
  }

  async curvature(batch: FloatArray): Promise<FloatArray> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      const curvature = this.arrays.curvature.slice();
      this.network.forward(this.arrays.parameters, batch, this.batchSize);
      await this.fillCurvature(batch, null, curvature);
      return curvature;
    });
  }

  async evaluate(images: FloatArray): Promise<number> {
    return this.enqueue(async () => {
      this.requireType("images", images);
      const rows = images.length / this.inputs;
      if (!Number.isInteger(rows) || rows === 0) {
        const message = `images: the length must be a positive multiple of ${this.inputs}, got ${images.length}`;
        throw new RpBenchError("INVALID_ARGUMENT", message);
      }
      const most = Math.max(this.batchSize, EVALUATION_ROWS);
      let sum = 0;
      for (let first = 0; first < rows; first += most) {
        const count = Math.min(most, rows - first);
        const chunk = images.subarray(first * this.inputs, (first + count) * this.inputs);
        this.network.forward(this.arrays.parameters, chunk, count);
        sum += this.network.loss(chunk, count) * count;
      }
      return sum / rows;
    });
  }

  parameters(): FloatArray {
    this.requireIdle();
    return this.arrays.parameters.slice();
  }

  setParameters(parameters: FloatArray): void {
    this.requireIdle();
    this.requireArray("parameters", parameters, this.arrays.parameters.length);
    this.arrays.parameters.set(parameters);
  }

  dispose(): void {
    this.disposed = true;
    this.network.dispose();
  }

  /** Returns the loss. */
  private async fillGradient(batch: FloatArray, gradient: FloatArray): Promise<number> {
    this.network.forward(this.arrays.parameters, batch, this.batchSize);
    const loss = this.network.loss(batch, this.batchSize);
    await this.pause();
    this.network.gradient(this.arrays.parameters, batch, this.batchSize, gradient);
    await this.pause();
    return loss;
  }

  /** All rows' curvature, in slices short enough for the event loop; usually the first holds the whole batch. */
  private async fillCurvature(
    batch: FloatArray,
    outputs: Int32Array | null,
    curvature: FloatArray,
  ): Promise<void> {
    let first = 0;
    while (first < this.batchSize) {
      const rows = Math.max(1, Math.floor(PAUSE_MILLISECONDS / this.millisecondsPerRow));
      const last = Math.min(this.batchSize, first + rows);
      const start = performance.now();
      this.network.curvature(this.arrays.parameters, batch, this.batchSize, first, last, outputs, curvature);
      this.millisecondsPerRow = (performance.now() - start) / (last - first);
      first = last;
      await this.pause();
    }
  }

  /** Lets the event loop have its turn, where it has waited long. */
  private async pause(): Promise<void> {
    if (performance.now() - this.lastPause < PAUSE_MILLISECONDS) return;
    await setImmediate();
    this.lastPause = performance.now();
    this.requireOpen();
  }

  /** Calls share buffers, and a step may yield half way, so one runs after the other. */
  private enqueue<T>(work: () => Promise<T>): Promise<T> {
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

  private requireOpen(): void {
    if (this.disposed) throw new RpBenchError("DISPOSED", "this session has been disposed; create another");
  }

  private requireIdle(): void {
    this.requireOpen();
    if (this.waiting > 0) {
      throw new RpBenchError(
        "BUSY",
        "a call of this session is under way; await it before touching the parameters",
      );
    }
  }

  private requireBatch(batch: FloatArray): void {
    this.requireArray("batch", batch, this.batchSize * this.inputs);
  }

  private requireArray(name: string, array: FloatArray, length: number): void {
    this.requireType(name, array);
    if (array.length !== length) {
      throw new RpBenchError("INVALID_ARGUMENT", `${name}: must have ${length} values, got ${array.length}`);
    }
  }

  private requireType(name: string, array: FloatArray): void {
    const double = this.arrays.parameters instanceof Float64Array;
    if (double ? types.isFloat64Array(array) : types.isFloat32Array(array)) return;
    const wanted = double ? "Float64Array" : "Float32Array";
    const got = Object.prototype.toString.call(array).slice("[object ".length, -1);
    throw new RpBenchError(
      "INVALID_ARGUMENT",
      `${name}: must be a ${wanted} like the parameters, got ${got}`,
    );
  }
}
