// The engine over TensorFlow.js: the same model and update rules, on whatever its backends find.

import { availableParallelism } from "node:os";
import type { Optimizer, Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { messageOf, RpBenchError } from "../../errors.js";
import type { FloatArray } from "../../model/architecture.js";
import { OutputSampler } from "../../optimizers/output-sampler.js";
import { parseWith } from "../../validation.js";
import type { Engine, Session, StepResult } from "../engine.js";
import { GuardedSession, resolveSession } from "../guarded-session.js";
import { type Backend, loadBackend, type Tf } from "./backends.js";
import { partialCurvature, samplesWithin } from "./curvature.js";
import { type ForwardPass, TfjsNetwork } from "./network.js";
import { createTfOptimizer, ResidualPartitioningOptimizer } from "./optimizers.js";
import { type TfjsOptions, tfjsOptionsSchema } from "./options.js";

/** Rows of one evaluation pass. */
const EVALUATION_ROWS = 1000;

/** @throws RpBenchError ENGINE_UNAVAILABLE, CONFIG_INVALID */
export async function createTfjsEngine(options: TfjsOptions = {}): Promise<Engine> {
  const { backend: name, tensorMegabytes } = parseWith(tfjsOptionsSchema, options);
  const backend = await loadBackend(name);
  const bytes = tensorMegabytes * 2 ** 20;
  const threads = backend.name === "tensorflow" ? availableParallelism() : 1;
  return {
    description: { name: "tfjs", instructionSet: backend.name, threads },
    async createSession(raw) {
      const resolved = resolveSession(raw);
      if (!(resolved.parameters instanceof Float32Array)) {
        const message =
          "parameters: the tfjs engine computes in float32, got a Float64Array; use the reference engine";
        throw new RpBenchError("CONFIG_INVALID", message);
      }
      return new TfjsSession(
        backend,
        { ...resolved, parameters: resolved.parameters },
        Math.min(bytes, backend.chunkBytes),
      );
    },
  };
}

type Resolved = ReturnType<typeof resolveSession> & { parameters: Float32Array };

/**
 * TensorFlow.js has one backend at a time for the whole process, so calls of sessions on different ones take turns, and
 * each begins by setting its own.
 */
let turn: Promise<unknown> = Promise.resolve();

class TfjsSession extends GuardedSession implements Session {
  private readonly tf: Tf;
  private readonly backendName: string;
  private readonly network: TfjsNetwork;
  private readonly optimizer: Optimizer | null;
  private readonly rp: ResidualPartitioningOptimizer | null;
  private readonly sampler: OutputSampler | null;
  /** The parameters as they are, where they cannot be read without waiting. */
  private readonly mirror: Float32Array | null;
  private readonly count: number;

  constructor(
    { tf, name, asynchronous }: Backend,
    { layerSizes, activation, optimizer, batchSize, seed, parameters }: Resolved,
    private readonly chunkBytes: number,
  ) {
    super(layerSizes[0], batchSize, parameters);
    this.tf = tf;
    this.backendName = name;
    this.setBackend();
    this.network = new TfjsNetwork(tf, layerSizes, activation, parameters);
    this.optimizer = createTfOptimizer(tf, optimizer);
    this.rp =
      optimizer.name === "rp"
        ? new ResidualPartitioningOptimizer(tf, optimizer, this.network.variables)
        : null;
    this.sampler =
      optimizer.name === "rp" && optimizer.curvature !== "exact"
        ? new OutputSampler(layerSizes[0], optimizer.curvature.outputs, seed)
        : null;
    this.mirror = asynchronous ? parameters.slice() : null;
    this.count = parameters.length;
  }

  async step(batch: FloatArray): Promise<StepResult> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      return this.withTensor(batch, this.batchSize, async (images) => {
        const { tf, network, rp } = this;
        const { loss, gradient, ...pass } = tf.tidy(() => this.forward(images));
        const made: Tensor[] = [loss, ...gradient, ...tensorsOf(pass, images)];
        try {
          if (rp) {
            const curvature = await this.curvatureOf(pass, this.sampler ? this.sampler.draw() : null);
            made.push(...curvature);
            rp.applyGradients(gradient, curvature);
          } else {
            const named = network.variables.map(({ name }, index) => ({ name, tensor: gradient[index] }));
            this.optimizer?.applyGradients(named);
          }
          const value = await this.numberOf(loss);
          if (this.mirror) await network.read(network.variables, this.mirror);
          return { loss: value, parametersFinite: await this.parametersFinite() };
        } finally {
          tf.dispose(made);
        }
      });
    });
  }

  async gradient(batch: FloatArray): Promise<FloatArray> {
    return (await this.lossAndGradient(batch)).gradient;
  }

  async lossAndGradient(batch: FloatArray): Promise<{ loss: number; gradient: FloatArray }> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      return this.withTensor(batch, this.batchSize, async (images) => {
        const { loss, gradient } = this.tf.tidy(() => {
          const { loss, gradient } = this.forward(images);
          return { loss, gradient };
        });
        try {
          return { loss: await this.numberOf(loss), gradient: await this.readAndDispose(gradient) };
        } finally {
          this.tf.dispose([loss, ...gradient]);
        }
      });
    });
  }

  async curvature(batch: FloatArray): Promise<FloatArray> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      return this.withTensor(batch, this.batchSize, async (images) => {
        const pass = this.tf.tidy(() => ({ ...this.network.forward(images) }));
        try {
          return await this.readAndDispose(await this.curvatureOf(pass, null));
        } finally {
          this.tf.dispose(tensorsOf(pass, images));
        }
      });
    });
  }

  async evaluate(images: FloatArray): Promise<number> {
    return this.enqueue(async () => {
      const rows = this.requireRows(images);
      let sum = 0;
      for (let first = 0; first < rows; first += EVALUATION_ROWS) {
        const count = Math.min(EVALUATION_ROWS, rows - first);
        const chunk = images.subarray(first * this.inputs, (first + count) * this.inputs);
        sum += count * (await this.withTensor(chunk, count, (tensor) => this.evaluateChunk(tensor)));
        await this.pause();
      }
      return sum / rows;
    });
  }

  parameters(): FloatArray {
    this.requireIdle();
    if (this.mirror) return this.mirror.slice();
    return this.network.readSync(this.network.variables, new Float32Array(this.count));
  }

  setParameters(parameters: FloatArray): void {
    this.requireIdle();
    this.requireParameters(parameters);
    const values = Float32Array.from(parameters);
    this.setBackend();
    this.network.assign(values);
    this.mirror?.set(values);
  }

  dispose(): void {
    if (this.isClosed) return;
    this.close();
    // After the call under way, which still uses them.
    void this.settled().then(() => {
      this.network.dispose();
      this.optimizer?.dispose();
      // tf.train.momentum keeps the scalar that it has from tf.train.sgd.
      (this.optimizer as { c?: Tensor } | null)?.c?.dispose();
      this.rp?.dispose();
    });
  }

  protected override enqueue<T>(work: () => Promise<T>): Promise<T> {
    return super.enqueue(() => {
      const result = turn.then(() => {
        this.requireOpen();
        this.setBackend();
        return work();
      });
      turn = result.catch(() => undefined);
      return result;
    });
  }

  /** At once: a backend that was set before needs no waiting. */
  private setBackend(): void {
    void this.tf.setBackend(this.backendName);
  }

  private async evaluateChunk(images: Tensor2D): Promise<number> {
    const { tf, network } = this;
    const loss = tf.tidy(() => network.loss(images, network.propagate(images).output));
    try {
      return await this.numberOf(loss);
    } finally {
      loss.dispose();
    }
  }

  private forward(images: Tensor2D) {
    const pass = this.network.forward(images);
    return {
      ...pass,
      loss: this.network.loss(images, pass.output),
      gradient: this.network.gradient(images, pass),
    };
  }

  private async readAndDispose(tensors: Tensor[]): Promise<Float32Array> {
    try {
      return await this.network.read(tensors, new Float32Array(this.count));
    } finally {
      this.tf.dispose(tensors);
    }
  }

  private async numberOf(scalar: Scalar): Promise<number> {
    return (await scalar.data())[0];
  }

  /** 0 × w summed is 0 unless some w is not finite. */
  private async parametersFinite(): Promise<boolean> {
    if (this.mirror) return this.mirror.every(Number.isFinite);
    const { tf, network } = this;
    const sum = tf.tidy(
      () => tf.addN(network.variables.map((w) => tf.sum(tf.mul(w, 0)) as Scalar)) as Scalar,
    );
    try {
      return (await this.numberOf(sum)) === 0;
    } finally {
      sum.dispose();
    }
  }

  /** In the order of the variables; the caller disposes. */
  private async curvatureOf(pass: ForwardPass, picked: Int32Array | null): Promise<Tensor[]> {
    const { tf, network } = this;
    const chunk = samplesWithin(this.chunkBytes, network, picked?.length ?? this.inputs);
    let sums: Tensor[] | null = null;
    try {
      for (let first = 0; first < this.batchSize; first += chunk) {
        const last = Math.min(this.batchSize, first + chunk);
        const earlier: Tensor[] | null = sums;
        sums = tf.tidy(() => {
          const part = partialCurvature(network, pass, first, last, picked);
          return earlier ? part.map((tensor, index) => tf.add(tensor, earlier[index])) : part;
        });
        if (earlier) tf.dispose(earlier);
        await this.pause();
      }
      return sums ?? [];
    } catch (error) {
      if (sums) tf.dispose(sums);
      throw memoryError(error, chunk);
    }
  }

  private async withTensor<T>(
    values: FloatArray,
    rows: number,
    use: (tensor: Tensor2D) => Promise<T>,
  ): Promise<T> {
    const tensor = this.tf.tensor2d(values as Float32Array, [rows, this.inputs]);
    try {
      return await use(tensor);
    } finally {
      tensor.dispose();
    }
  }
}

/** What a forward pass made; the batch itself is the caller's. */
function tensorsOf({ inputs, derivatives, output }: ForwardPass, images: Tensor2D): Tensor[] {
  return [...inputs.filter((input) => input !== images), ...derivatives, output];
}

/** A backend's complaint about memory, with what to do; any other error as it is. */
function memoryError(error: unknown, chunk: number): unknown {
  if (!/memory|alloc|OOM|exhausted/i.test(messageOf(error))) return error;
  const message = `no memory for the curvature of ${chunk} samples at a time (${messageOf(error)}); lower tensorMegabytes (--tensor-memory)`;
  return new RpBenchError("OUT_OF_MEMORY", message, { cause: error });
}
