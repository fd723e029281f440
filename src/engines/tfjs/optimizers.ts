// SGD and Adam are TensorFlow.js's own; residual partitioning is a class in their manner, in residual-partitioning.ts.

import type { Optimizer, Tensor } from "@tensorflow/tfjs-core";
import { RpBenchError } from "../../errors.js";
import { createRate } from "../../optimizers/options.js";
import type { ResolvedOptimizer } from "../../optimizers/registry.js";
import type { Tf } from "./backends.js";

/** One of TensorFlow.js's optimizers, whose rate may warm up. */
export interface TfOptimizer {
  applyGradients(gradients: { name: string; tensor: Tensor }[]): void;
  dispose(): void;
}

/**
 * @returns null for RP, which needs curvature beside the gradient
 * @throws RpBenchError CONFIG_INVALID for an optimizer that is not here
 */
export function createTfOptimizer(tf: Tf, options: ResolvedOptimizer): TfOptimizer | null {
  const { name }: { name: string } = options;
  switch (options.name) {
    case "sgd": {
      const { learningRate, momentum, nesterov } = options;
      const sgd =
        momentum > 0 ? tf.train.momentum(learningRate, momentum, nesterov) : tf.train.sgd(learningRate);
      return withRates(sgd, options, (rate) => sgd.setLearningRate(rate));
    }
    case "adam": {
      const { learningRate, beta1, beta2, epsilon } = options;
      const adam = tf.train.adam(learningRate, beta1, beta2, epsilon);
      return withRates(adam, options, (rate) => {
        (adam as unknown as { learningRate: number }).learningRate = rate; // it is read at each step
      });
    }
    case "rp":
      return null;
    default:
      throw new RpBenchError("CONFIG_INVALID", `the tfjs engine has no ${name}; use native or reference`);
  }
}

function withRates(
  optimizer: Optimizer,
  options: { learningRate: number; warmupSteps: number },
  setRate: (rate: number) => void,
): TfOptimizer {
  const nextRate = createRate(options);
  let current = options.learningRate;
  return {
    applyGradients(gradients) {
      const rate = nextRate();
      if (rate !== current) setRate(rate);
      current = rate;
      optimizer.applyGradients(gradients);
    },
    dispose() {
      optimizer.dispose();
      // tf.train.momentum keeps the scalar that it has from tf.train.sgd.
      (optimizer as { c?: Tensor }).c?.dispose();
    },
  };
}
