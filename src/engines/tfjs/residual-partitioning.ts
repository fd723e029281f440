// Residual partitioning over TensorFlow.js's variables; its equations stand in src/optimizers/rp.ts and rp-auto.ts.

import type { Scalar, Tensor, Tensor1D, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import type { ChosenRates } from "../../optimizers/optimizer.js";
import { AUTO, createRate } from "../../optimizers/options.js";
import type { ResolvedOptimizer } from "../../optimizers/registry.js";
import { chooseRates } from "../../optimizers/rp-auto.js";
import type { Tf } from "./backends.js";
import { type ForwardPass, type TfjsNetwork, variableOf } from "./network.js";

type RpOptions = Extract<ResolvedOptimizer, { name: "rp" }>;

export class ResidualPartitioningOptimizer {
  /** Where the rate is "auto": λ and μ of the last update. */
  readonly chosen: ChosenRates | null;
  private readonly tf: Tf;
  private readonly variables: readonly Variable[];
  /** The averaged direction or, where the rate is "auto", the last update. */
  private readonly momentum: Variable[];
  private readonly average: Variable[];
  private readonly count: number;
  private readonly rateOf: (step: number) => number;

  constructor(
    private readonly network: TfjsNetwork,
    private readonly options: RpOptions,
  ) {
    const { tf, variables } = network;
    this.tf = tf;
    this.variables = variables;
    const { learningRate, momentum, warmupSteps, curvatureDecay } = options;
    const zeros = () => variables.map((variable) => variableOf(tf, tf.zerosLike(variable)));
    this.chosen = learningRate === AUTO ? { learningRate: 0, momentum: 0 } : null;
    this.rateOf = learningRate === AUTO ? () => 0 : createRate({ learningRate, warmupSteps });
    this.momentum = momentum > 0 || this.chosen ? zeros() : [];
    this.average = curvatureDecay > 0 ? zeros() : [];
    this.count = variables.reduce((sum, { size }) => sum + size, 0);
  }

  /** What it keeps from one step to the next, by name. */
  kept(): Record<string, Variable[]> {
    return { momentum: this.momentum, average: this.average };
  }

  /**
   * Gradient and curvature are in the order of the variables, and of the batch whose forward pass this is; steps are
   * counted from 1.
   */
  async applyGradients(
    gradient: readonly Tensor[],
    curvature: readonly Tensor[],
    batch: Tensor2D,
    pass: ForwardPass,
    step: number,
  ): Promise<void> {
    const { tf, chosen } = this;
    const direction = tf.tidy(() => this.direction(gradient, curvature, step));
    try {
      if (chosen) {
        const sums = tf.tidy(() => this.model(direction, batch, pass, step));
        try {
          chooseRates(await sums.data(), chosen);
        } finally {
          sums.dispose();
        }
        tf.tidy(() => this.moveAlong(direction, chosen));
      } else {
        tf.tidy(() => this.move(direction, step));
      }
    } finally {
      tf.dispose(direction);
    }
  }

  /** d, after the average was renewed. */
  private direction(gradient: readonly Tensor[], curvature: readonly Tensor[], step: number): Tensor[] {
    const { tf } = this;
    const { exponent, safeguard, curvatureDecay } = this.options;
    // The first step begins the average.
    const beta = step > 1 ? curvatureDecay : 0;
    const denominators = curvature.map((h, index) => {
      if (this.average.length === 0) return h;
      const average = this.average[index];
      average.assign(tf.add(tf.mul(average, beta), tf.mul(h, 1 - beta)));
      return safeguard ? tf.maximum(h, average) : average;
    });
    // Row by row first, as the loss does it: a long sum loses digits.
    const sums = () => denominators.map((q) => tf.sum(tf.sum(q, -1)) as Scalar);
    const mean = exponent === 1 ? null : tf.div(tf.addN(sums()), this.count);
    const scale = mean && tf.add(mean, tf.cast(tf.equal(mean, 0), "float32"));
    return denominators.map((q, index) => {
      // 0 / 0 is 0: q = 0 gives the update 0, as it does where g is not 0 (sampled curvature).
      const zero = tf.cast(tf.equal(q, 0), "float32");
      const g = tf.mul(gradient[index], tf.sub(1, zero));
      const divisor = scale ? tf.mul(scale, tf.pow(tf.div(q, scale), exponent)) : q;
      return tf.div(g, tf.add(divisor, zero));
    });
  }

  private move(direction: readonly Tensor[], step: number): void {
    const { tf } = this;
    const { momentum: mu, nesterov } = this.options;
    const rate = this.rateOf(step);
    this.variables.forEach((variable, index) => {
      let d = direction[index];
      if (this.momentum.length > 0) {
        const m = this.momentum[index];
        const fresh = tf.mul(d, 1 - mu);
        m.assign(tf.add(tf.mul(m, mu), fresh));
        d = nesterov ? tf.add(tf.mul(m, mu), fresh) : m;
      }
      variable.assign(tf.sub(variable, tf.mul(d, rate)));
    });
  }

  /** A to E of src/optimizers/rp-auto.ts, which are means over the outputs. */
  private model(direction: readonly Tensor[], batch: Tensor2D, pass: ForwardPass, step: number): Tensor1D {
    const { tf, network } = this;
    const { output } = pass;
    const u = network.tangent(pass, direction);
    const v = step > 1 ? network.tangent(pass, this.momentum) : (tf.zerosLike(u) as Tensor2D);
    const curvature = network.objective.curvatures(output);
    const slope = network.objective.slopes(output, batch);
    const products = [
      tf.mul(curvature, tf.square(u)),
      tf.mul(curvature, tf.mul(u, v)),
      tf.mul(curvature, tf.square(v)),
      tf.mul(slope, u),
      tf.mul(slope, v),
    ];
    return tf.stack(products.map((product) => tf.mean(tf.mean(product, 1)))) as Tensor1D;
  }

  private moveAlong(direction: readonly Tensor[], { learningRate, momentum }: ChosenRates): void {
    const { tf } = this;
    this.variables.forEach((variable, index) => {
      const last = this.momentum[index];
      last.assign(tf.sub(tf.mul(last, momentum), tf.mul(direction[index], learningRate)));
      variable.assign(tf.add(variable, last));
    });
  }

  dispose(): void {
    this.tf.dispose([...this.momentum, ...this.average]);
  }
}
