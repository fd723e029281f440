// SGD and Adam are TensorFlow.js's own; residual partitioning is a class in their manner.

import type { Optimizer, Tensor, Variable } from "@tensorflow/tfjs-core";
import { RpBenchError } from "../../errors.js";
import type { ResolvedOptimizer } from "../../optimizers/registry.js";
import type { Tf } from "./backends.js";
import { variableOf } from "./network.js";

type RpOptions = Extract<ResolvedOptimizer, { name: "rp" }>;

/**
 * @returns null for RP, which needs curvature beside the gradient
 * @throws RpBenchError CONFIG_INVALID for an optimizer that is not here
 */
export function createTfOptimizer(tf: Tf, options: ResolvedOptimizer): Optimizer | null {
  const { name }: { name: string } = options;
  switch (options.name) {
    case "sgd":
      return options.momentum > 0
        ? tf.train.momentum(options.learningRate, options.momentum, options.nesterov)
        : tf.train.sgd(options.learningRate);
    case "adam":
      return tf.train.adam(options.learningRate, options.beta1, options.beta2, options.epsilon);
    case "rp":
      return null;
    default:
      throw new RpBenchError("CONFIG_INVALID", `the tfjs engine has no ${name}; use native or reference`);
  }
}

/** w ← w − λ g / h with the averages of src/optimizers/rp.ts, where its equations stand. */
export class ResidualPartitioningOptimizer {
  private readonly momentum: Variable[];
  private readonly average: Variable[];
  private begun = false;

  constructor(
    private readonly tf: Tf,
    private readonly options: RpOptions,
    private readonly variables: readonly Variable[],
  ) {
    const zeros = () => variables.map((variable) => variableOf(tf, tf.zerosLike(variable)));
    this.momentum = options.momentum > 0 ? zeros() : [];
    this.average = options.curvatureDecay > 0 ? zeros() : [];
  }

  /** Both in the order of the variables. */
  applyGradients(gradient: readonly Tensor[], curvature: readonly Tensor[]): void {
    const { tf } = this;
    const { learningRate, momentum: mu, nesterov, curvatureDecay } = this.options;
    // The first step begins the average.
    const beta = this.begun ? curvatureDecay : 0;
    this.begun = true;
    tf.tidy(() => {
      this.variables.forEach((variable, index) => {
        let h = curvature[index];
        if (this.average.length > 0) {
          const average = this.average[index];
          average.assign(tf.add(tf.mul(average, beta), tf.mul(h, 1 - beta)));
          h = average;
        }
        // 0 / 0 is 0: h = 0 gives the update 0, as it does where g is not 0 (sampled curvature).
        const zero = tf.cast(tf.equal(h, 0), "float32");
        const g = tf.mul(gradient[index], tf.sub(1, zero));
        let d = tf.div(g, tf.add(h, zero));
        if (this.momentum.length > 0) {
          const m = this.momentum[index];
          const fresh = tf.mul(d, 1 - mu);
          m.assign(tf.add(tf.mul(m, mu), fresh));
          d = nesterov ? tf.add(tf.mul(m, mu), fresh) : m;
        }
        variable.assign(tf.sub(variable, tf.mul(d, learningRate)));
      });
    });
  }

  dispose(): void {
    this.tf.dispose([...this.momentum, ...this.average]);
  }
}
