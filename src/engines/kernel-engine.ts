import { RpBenchError } from "../errors.js";
import type { Diagonal, Kernels, NetworkKernels } from "../kernels/kernels.js";
import type { FloatArray } from "../model/architecture.js";
import type { Loss } from "../model/objective.js";
import { isRenewed, type Optimizer, type StateFactory } from "../optimizers/optimizer.js";
import { OutputSampler } from "../optimizers/output-sampler.js";
import { createOptimizer } from "../optimizers/registry.js";
import type { Engine, Session, SessionState, StateArray, StepResult } from "./engine.js";
import { GuardedSession, PAUSE_MILLISECONDS, resolveSession } from "./guarded-session.js";
import { type Counts, countsOf, goOn, refill } from "./session-state.js";

/** The engine whose algorithm is this file and src/optimizers, over a set of kernels. */
export function createKernelEngine(kernels: Kernels): Engine {
  const { name, instructionSet, threads } = kernels;
  return {
    description: { name, instructionSet, threads },
    async createSession(raw) {
      const options = resolveSession(raw);
      const { layerSizes, activation, loss, curvatureBound, batchSize, parameters } = options;
      const inputs = layerSizes[0];
      const count = parameters.length;
      const curvature = "curvature" in options.optimizer ? options.optimizer.curvature : "exact";
      const double = parameters instanceof Float64Array;
      return allocated(() => {
        const rows = Math.max(batchSize, EVALUATION_ROWS);
        const network = kernels.createNetwork(
          { layerSizes, activation, rows, loss, curvatureBound },
          double ? "double" : "single",
        );
        const array = (length: number): FloatArray =>
          double ? new Float64Array(length) : (network.array?.(length) ?? new Float32Array(length));
        const state: StateFactory = (of = "parameters") =>
          array(of === "parameters" ? count : batchSize * inputs);
        const arrays = {
          ...{ parameters: state(), gradient: state(), curvature: state() },
          batch: network.array ? array(rows * inputs) : null,
        };
        arrays.parameters.set(parameters);
        const kept: FloatArray[] = [];
        const optimizer = createOptimizer(options.optimizer, (of) => {
          const own = state(of);
          kept.push(own);
          return own;
        });
        const sampler =
          curvature === "exact" ? null : new OutputSampler(inputs, curvature.outputs, options.seed);
        return new KernelSession(network, optimizer, kept, sampler, inputs, batchSize, arrays, loss);
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

interface Arrays {
  parameters: FloatArray;
  gradient: FloatArray;
  curvature: FloatArray;
  /** Where a batch is copied to, once for all calls of a step; null where kernels take it as it is. */
  batch: FloatArray | null;
}

class KernelSession extends GuardedSession implements Session {
  private millisecondsPerRow = PAUSE_MILLISECONDS;
  private steps = 0;

  constructor(
    private readonly network: NetworkKernels,
    private readonly optimizer: Optimizer,
    /** All that the optimizer keeps from one step to the next, in the order in which it asked for it. */
    private readonly kept: readonly FloatArray[],
    private readonly sampler: OutputSampler | null,
    inputs: number,
    batchSize: number,
    private readonly arrays: Arrays,
    loss: Loss,
  ) {
    super(inputs, batchSize, arrays.parameters, loss);
  }

  async step(given: FloatArray): Promise<StepResult> {
    return this.enqueue(async () => {
      const batch = this.bring(given);
      const { parameters, gradient, curvature } = this.arrays;
      const loss = await this.fillGradient(batch, gradient);
      const { needsCurvature, curvatureInterval, diagonal } = this.optimizer;
      if (needsCurvature && isRenewed(this.steps + 1, curvatureInterval)) {
        await this.fillCurvature(batch, this.sampler ? this.sampler.draw() : null, curvature, diagonal);
      }
      const update = {
        ...{ kernels: this.network, parameters, gradient, curvature },
        ...{ inputs: batch, rows: this.batchSize, step: this.steps + 1 },
      };
      this.steps += 1;
      const parametersFinite = this.optimizer.update(update);
      const { chosen } = this.optimizer;
      return chosen ? { loss, parametersFinite, chosen: { ...chosen } } : { loss, parametersFinite };
    });
  }

  async gradient(batch: FloatArray): Promise<FloatArray> {
    return (await this.lossAndGradient(batch)).gradient;
  }

  async lossAndGradient(given: FloatArray): Promise<{ loss: number; gradient: FloatArray }> {
    return this.enqueue(async () => {
      const batch = this.bring(given);
      const gradient = this.arrays.gradient.slice();
      return { loss: await this.fillGradient(batch, gradient), gradient };
    });
  }

  async curvature(given: FloatArray): Promise<FloatArray> {
    return this.enqueue(async () => {
      const batch = this.bring(given);
      const curvature = this.arrays.curvature.slice();
      this.network.forward(this.arrays.parameters, batch, this.batchSize);
      await this.fillCurvature(batch, null, curvature);
      return curvature;
    });
  }

  async evaluate(images: FloatArray): Promise<number> {
    return this.enqueue(async () => {
      const rows = this.requireRows(images);
      const most = Math.max(this.batchSize, EVALUATION_ROWS);
      let sum = 0;
      for (let first = 0; first < rows; first += most) {
        const count = Math.min(most, rows - first);
        const chunk = this.copied(images.subarray(first * this.inputs, (first + count) * this.inputs));
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
    this.requireParameters(parameters);
    this.arrays.parameters.set(parameters);
  }

  async save(): Promise<SessionState> {
    return this.enqueue(async () => {
      const copies = Object.entries(this.state()).map(([name, array]) => [name, array.slice()]);
      return Object.fromEntries(copies);
    });
  }

  async restore(saved: SessionState): Promise<void> {
    return this.enqueue(async () => {
      const state = this.state();
      refill(state, saved);
      this.steps = goOn(state, this.sampler);
    });
  }

  /** The arrays themselves where they are the session's. */
  private state(): Counts & Record<string, StateArray> {
    return {
      parameters: this.arrays.parameters,
      ...Object.fromEntries(this.kept.map((array, index) => [`optimizer.${index}`, array])),
      ...countsOf(this.steps, this.sampler),
    };
  }

  dispose(): void {
    this.close();
    this.network.dispose();
  }

  private bring(batch: FloatArray): FloatArray {
    this.requireBatch(batch);
    return this.copied(batch);
  }

  private copied(rows: FloatArray): FloatArray {
    const { batch } = this.arrays;
    if (!batch) return rows;
    batch.set(rows);
    return batch.subarray(0, rows.length);
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
    diagonal: Diagonal = "residual-partitioning",
  ): Promise<void> {
    const which = diagonal === "gauss-newton" ? "gaussNewton" : "curvature";
    let first = 0;
    while (first < this.batchSize) {
      const rows = Math.max(1, Math.floor(PAUSE_MILLISECONDS / this.millisecondsPerRow));
      const last = Math.min(this.batchSize, first + rows);
      const start = performance.now();
      this.network[which](this.arrays.parameters, batch, this.batchSize, first, last, outputs, curvature);
      this.millisecondsPerRow = (performance.now() - start) / (last - first);
      first = last;
      await this.pause();
    }
  }
}
