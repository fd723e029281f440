// SGD and Adam are TensorFlow.js's own; Adam's relatives are in moments.ts, and residual partitioning in
// residual-partitioning.ts.

import type { Optimizer, Tensor, Variable } from "@tensorflow/tfjs-core";
import { RpBenchError } from "../../errors.js";
import { createRate } from "../../optimizers/options.js";
import type { ResolvedOptimizer } from "../../optimizers/registry.js";
import type { Tf } from "./backends.js";
import { createRelative, isRelative } from "./moments.js";
import type { TfOptimizer } from "./tf-optimizer.js";

/**
 * @returns null for RP, which needs curvature beside the gradient
 * @throws RpBenchError CONFIG_INVALID for an optimizer that is not here
 */
export function createTfOptimizer(tf: Tf, options: ResolvedOptimizer): TfOptimizer | null {
  if (isRelative(options)) return createRelative(tf, options);
  switch (options.name) {
    case "sgd": {
      const { learningRate, momentum, nesterov } = options;
      const sgd =
        momentum > 0 ? tf.train.momentum(learningRate, momentum, nesterov) : tf.train.sgd(learningRate);
      return withRates(tf, sgd, options, (rate) => sgd.setLearningRate(rate));
    }
    case "adam": {
      const { learningRate, beta1, beta2, epsilon } = options;
      const adam = tf.train.adam(learningRate, beta1, beta2, epsilon);
      return withRates(tf, adam, options, (rate) => {
        (adam as unknown as { learningRate: number }).learningRate = rate; // it is read at each step
      });
    }
    case "rp":
      return null;
    default: {
      const { name }: { name: string } = options;
      throw new RpBenchError("CONFIG_INVALID", `the tfjs engine has no ${name}; use native or reference`);
    }
  }
}

/** How TensorFlow.js's optimizers keep an array of each variable; all that they keep is such lists and single variables. */
type Slots = { originalName: string; variable: Variable }[];

function isSlots(part: unknown): part is Slots {
  return Array.isArray(part) && part.every((slot) => typeof slot === "object" && "variable" in slot);
}

function withRates(
  tf: Tf,
  optimizer: Optimizer,
  options: { learningRate: number; warmupSteps: number },
  setRate: (rate: number) => void,
): TfOptimizer {
  const rateOf = createRate(options);
  let current = options.learningRate;
  return {
    applyGradients(gradients, step) {
      const rate = rateOf(step);
      if (rate !== current) setRate(rate);
      current = rate;
      optimizer.applyGradients(gradients);
    },
    kept: () =>
      Object.fromEntries(
        Object.entries(optimizer).flatMap(([name, part]: [string, unknown]) => {
          if (part instanceof tf.Variable) return [[name, [part]]];
          return isSlots(part) ? [[name, part.map(({ variable }) => variable)]] : [];
        }),
      ),
    begin(name, like) {
      const slots = Object.entries(optimizer).find(([key]) => key === name)?.[1];
      if (!isSlots(slots) || slots.length > 0) return;
      slots.push(
        ...like.map((variable) => ({
          originalName: `${variable.name}/${name}`,
          variable: tf.tidy(() => tf.zerosLike(variable).variable(false)),
        })),
      );
    },
    dispose() {
      optimizer.dispose();
      // tf.train.momentum keeps the scalar that it has from tf.train.sgd.
      (optimizer as { c?: Tensor }).c?.dispose();
    },
  };
}
