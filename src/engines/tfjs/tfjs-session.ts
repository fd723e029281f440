// One model with its optimizer over TensorFlow.js.

import type { Scalar, Tensor, Tensor2D, TensorContainer } from "@tensorflow/tfjs-core";
import type { FloatArray } from "../../model/architecture.js";
import { OutputSampler } from "../../optimizers/output-sampler.js";
import type { Session, SessionState, StateArray, StepResult } from "../engine.js";
import { GuardedSession, type resolveSession } from "../guarded-session.js";
import { countsOf, goOn, refill } from "../session-state.js";
import type { Backend, Tf } from "./backends.js";
import { partialCurvature, samplesWithin } from "./curvature.js";
import { explainingMemory } from "./memory.js";
import { type ForwardPass, TfjsNetwork } from "./network.js";
import { tfjsObjective } from "./objective.js";
import { createTfOptimizer } from "./optimizers.js";
import { ResidualPartitioningOptimizer } from "./residual-partitioning.js";
import { readState, writeState } from "./state.js";
import type { TfOptimizer } from "./tf-optimizer.js";
import { inTurn } from "./turn.js";

/** Rows of one evaluation pass. */
const EVALUATION_ROWS = 1000;

type Resolved = ReturnType<typeof resolveSession> & { parameters: Float32Array };

export class TfjsSession extends GuardedSession implements Session {
  private readonly tf: Tf;
  private readonly backendName: string;
  private readonly network: TfjsNetwork;
  private readonly optimizer: TfOptimizer | null;
  private readonly rp: ResidualPartitioningOptimizer | null;
  private readonly sampler: OutputSampler | null;
  /** The parameters as they are, where they cannot be read without waiting. */
  private readonly mirror: Float32Array | null;
  private readonly count: number;
  private steps = 0;

  /** To be called in turn. */
  constructor(
    { tf, name, asynchronous }: Backend,
    { layerSizes, activation, loss, curvatureBound, optimizer, batchSize, seed, parameters }: Resolved,
    private readonly megabytes: number,
  ) {
    super(layerSizes[0], batchSize, parameters, loss);
    this.tf = tf;
    this.backendName = name;
    this.setBackend();
    this.optimizer = createTfOptimizer(tf, optimizer); // first: it may refuse
    this.network = new TfjsNetwork(
      tf,
      layerSizes,
      activation,
      parameters,
      tfjsObjective(tf, loss, curvatureBound),
    );
    this.rp = optimizer.name === "rp" ? new ResidualPartitioningOptimizer(this.network, optimizer) : null;
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
      return this.withTensor(batch, this.batchSize, async (images, made) => {
        const { network, rp } = this;
        const { pass, loss, gradient } = await this.differentiate(images, made);
        if (rp) {
          const curvature = await this.curvatureOf(pass, this.sampler ? this.sampler.draw() : null);
          made.push(curvature);
          await rp.applyGradients(gradient, curvature, images, pass, this.steps + 1);
        } else {
          const named = network.variables.map(({ name }, index) => ({ name, tensor: gradient[index] }));
          this.optimizer?.applyGradients(named, this.steps + 1);
        }
        this.steps += 1;
        const [value, parametersFinite] = await Promise.all([this.numberOf(loss), this.parametersFinite()]);
        return { loss: value, parametersFinite, ...(rp?.chosen ? { chosen: { ...rp.chosen } } : {}) };
      });
    });
  }

  async gradient(batch: FloatArray): Promise<FloatArray> {
    return (await this.lossAndGradient(batch)).gradient;
  }

  async lossAndGradient(batch: FloatArray): Promise<{ loss: number; gradient: FloatArray }> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      return this.withTensor(batch, this.batchSize, async (images, made) => {
        const { loss, gradient } = await this.differentiate(images, made);
        const values = await this.network.read(gradient, new Float32Array(this.count));
        return { loss: await this.numberOf(loss), gradient: values };
      });
    });
  }

  async curvature(batch: FloatArray): Promise<FloatArray> {
    return this.enqueue(async () => {
      this.requireBatch(batch);
      return this.withTensor(batch, this.batchSize, async (images, made) => {
        const pass = this.forward(images, made);
        const curvature = await this.curvatureOf(pass, null);
        made.push(curvature);
        return this.network.read(curvature, new Float32Array(this.count));
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
        sum += count * (await this.withTensor(chunk, count, (tensor, made) => this.lossOf(tensor, made)));
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
    // Not a turn of its own: another session's call may be under way, and goes on with its backend afterwards.
    const current = this.tf.getBackend();
    this.setBackend();
    try {
      this.network.assign(values);
    } finally {
      this.setBackend(current);
    }
    this.mirror?.set(values);
  }

  async save(): Promise<SessionState> {
    return this.enqueue(async () => {
      const { network, optimizer, rp, sampler } = this;
      const kept = { parameters: network.variables, ...(rp ?? optimizer)?.kept() };
      const state: Record<string, StateArray> = { ...countsOf(this.steps, sampler) };
      for (const [name, variables] of Object.entries(kept)) state[name] = await readState(variables);
      return state;
    });
  }

  async restore({
    steps,
    "sampler.order": order,
    "sampler.random": random,
    ...arrays
  }: SessionState): Promise<void> {
    return this.enqueue(async () => {
      const { tf, network, optimizer, rp, sampler } = this;
      const counts = countsOf(0, sampler);
      refill(counts, { steps, "sampler.order": order, "sampler.random": random });
      for (const [name, values] of Object.entries(arrays)) {
        if (values.length > 0) optimizer?.begin(name, network.variables);
      }
      writeState(tf, { parameters: network.variables, ...(rp ?? optimizer)?.kept() }, arrays);
      this.steps = goOn(counts, sampler);
      if (this.mirror) await network.read(network.variables, this.mirror);
    });
  }

  dispose(): void {
    if (this.isClosed) return;
    this.close();
    // After the call under way, which still uses them.
    void this.settled().then(() => {
      this.network.dispose();
      this.optimizer?.dispose();
      this.rp?.dispose();
    });
  }

  protected override enqueue<T>(work: () => Promise<T>): Promise<T> {
    return super.enqueue(() =>
      inTurn(() => {
        this.requireOpen();
        this.setBackend();
        return explainingMemory("a batch's tensors", "use smaller layers or batches", work);
      }),
    );
  }

  /** At once: a backend that was set before needs no waiting. */
  private setBackend(name = this.backendName): void {
    void this.tf.setBackend(name);
  }

  private async lossOf(images: Tensor2D, made: TensorContainer[]): Promise<number> {
    const { tf, network } = this;
    const loss = tf.tidy(() => network.loss(images, network.propagate(images).output));
    made.push(loss);
    return this.numberOf(loss);
  }

  private forward(images: Tensor2D, made: TensorContainer[]): ForwardPass {
    const pass = this.tf.tidy(() => ({ ...this.network.forward(images) }));
    made.push(pass);
    return pass;
  }

  private async differentiate(images: Tensor2D, made: TensorContainer[]) {
    const pass = this.forward(images, made);
    const loss = this.tf.tidy(() => this.network.loss(images, pass.output));
    made.push(loss);
    await this.pause();
    const gradient = this.tf.tidy(() => this.network.gradient(images, pass));
    made.push(gradient);
    await this.pause();
    return { pass, loss, gradient };
  }

  private async numberOf(scalar: Scalar): Promise<number> {
    return (await scalar.data())[0];
  }

  /**
   * Where they can be read only by waiting, it must be done now: `parameters` is to give them at once. Elsewhere 0 × w
   * summed tells: it is 0 unless some w is not finite.
   */
  private async parametersFinite(): Promise<boolean> {
    const { tf, network } = this;
    if (this.mirror) return (await network.read(network.variables, this.mirror)).every(Number.isFinite);
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
    const { tf, network, megabytes } = this;
    const chunk = samplesWithin(megabytes, network, picked?.length ?? this.inputs);
    const [what, remedy] =
      chunk > 1
        ? [`${chunk} samples at a time`, `lower tensorMegabytes (--tensor-memory) below ${megabytes}`]
        : ["even one sample", `use smaller layers or ${picked ? "fewer" : "sampled"} outputs (--outputs)`];
    let sums: Tensor[] = [];
    try {
      for (let first = 0; first < this.batchSize; first += chunk) {
        const last = Math.min(this.batchSize, first + chunk);
        const earlier = sums;
        sums = await explainingMemory(`the curvature of ${what}`, remedy, () =>
          tf.tidy(() => {
            const part = partialCurvature(network, pass, first, last, picked);
            return first > 0 ? part.map((tensor, index) => tf.add(tensor, earlier[index])) : part;
          }),
        );
        tf.dispose(earlier);
        await this.pause();
      }
      return sums;
    } catch (error) {
      tf.dispose(sums);
      throw error;
    }
  }

  /** Gives `use` the values as a tensor and a list; what it puts there goes away with the tensor. */
  private async withTensor<T>(
    values: FloatArray,
    rows: number,
    use: (tensor: Tensor2D, made: TensorContainer[]) => Promise<T>,
  ): Promise<T> {
    const tensor = this.tf.tensor2d(values as Float32Array, [rows, this.inputs]);
    const made: TensorContainer[] = [tensor];
    try {
      return await use(tensor, made);
    } finally {
      this.tf.dispose(made);
    }
  }
}
