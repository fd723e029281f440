// Adam's relatives over TensorFlow.js's variables, whose own classes of those names have other rules (its RMSprop and AdaGrad
// have ε inside the root); the equations stand in src/optimizers/adamw.ts, amsgrad.ts, rmsprop.ts and adagrad.ts.

import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { createRate } from "../../optimizers/options.js";
import type { ResolvedOptimizer } from "../../optimizers/registry.js";
import type { Tf } from "./backends.js";
import { variableOf } from "./network.js";
import type { TfOptimizer } from "./tf-optimizer.js";

const NAMES = ["adamw", "amsgrad", "rmsprop", "adagrad"] as const;
type Relative = Extract<ResolvedOptimizer, { name: (typeof NAMES)[number] }>;

/** What differs between them; the weight decay is a factor of the step's rate. */
interface Rule {
  /** Of the first moment; null where there is none. */
  beta1: number | null;
  /** Of the squares, the old ones and the new. */
  beta2: number;
  squares: number;
  epsilon: number;
  corrected: boolean;
  largest: boolean;
  momentum: number;
  weightDecay: number;
  /** What the squares begin at. */
  initial: number;
}

export function isRelative(options: ResolvedOptimizer): options is Relative {
  return (NAMES as readonly string[]).includes(options.name);
}

export function createRelative(tf: Tf, options: Relative): TfOptimizer {
  const rule = ruleOf(options);
  const { beta1, beta2, squares, epsilon, momentum } = rule;
  const rateOf = createRate(options);
  const lists: Record<string, Variable[]> = {
    second: [],
    ...(beta1 === null ? {} : { first: [] }),
    ...(rule.largest ? { largest: [] } : {}),
    ...(momentum > 0 ? { velocity: [] } : {}),
  };
  const begin = (name: string, like: readonly Variable[]) => {
    const list = lists[name];
    if (list === undefined || list.length > 0) return;
    const initial = name === "second" ? rule.initial : 0;
    list.push(...like.map(({ shape }) => variableOf(tf, tf.fill(shape, initial))));
  };
  /** Gives a kept variable its next value; absent where it is not kept. */
  const renew = (name: string, index: number, next: (last: Tensor) => Tensor): Variable | undefined => {
    const variable = lists[name]?.[index];
    variable?.assign(next(variable));
    return variable;
  };
  return {
    applyGradients(gradients, step) {
      const registered = tf.engine().registeredVariables;
      const variables = gradients.map(({ name }) => registered[name]);
      for (const name of Object.keys(lists)) begin(name, variables);
      const decay = options.name === "adagrad" ? options.learningRateDecay : 0;
      const rate = rateOf(step) / (1 + (step - 1) * decay);
      const [correction1, correction2] =
        rule.corrected && beta1 !== null ? [1 - beta1 ** step, 1 - beta2 ** step] : [1, 1];
      tf.tidy(() => {
        variables.forEach((variable, index) => {
          const g = gradients[index].tensor;
          const m = renew("first", index, (last) =>
            tf.add(tf.mul(last, beta1 ?? 0), tf.mul(g, 1 - (beta1 ?? 0))),
          );
          const v = renew("second", index, (last) =>
            tf.add(tf.mul(last, beta2), tf.mul(tf.square(g), squares)),
          ) as Variable;
          const most = renew("largest", index, (last) => tf.maximum(last, v)) ?? v;
          const root = tf.add(tf.sqrt(tf.div(most, correction2)), epsilon);
          const quotient = tf.div(tf.div(m ?? g, correction1), root);
          const direction = renew("velocity", index, (last) => tf.add(tf.mul(last, momentum), quotient));
          const kept = tf.mul(variable, 1 - rate * rule.weightDecay);
          variable.assign(tf.sub(kept, tf.mul(direction ?? quotient, rate)));
        });
      });
    },
    kept: () => lists,
    begin,
    dispose: () => tf.dispose(Object.values(lists).flat()),
  };
}

function ruleOf(options: Relative): Rule {
  const plain = { corrected: false, largest: false, momentum: 0, weightDecay: 0, initial: 0 };
  const { epsilon } = options;
  switch (options.name) {
    case "rmsprop": {
      const { alpha, momentum } = options;
      return { ...plain, beta1: null, beta2: alpha, squares: 1 - alpha, epsilon, momentum };
    }
    case "adagrad":
      return { ...plain, beta1: null, beta2: 1, squares: 1, epsilon, initial: options.initialAccumulator };
    case "adamw":
    case "amsgrad": {
      const { beta1, beta2 } = options;
      const largest = options.name === "amsgrad";
      const weightDecay = options.name === "adamw" ? options.weightDecay : 0;
      const moments = { beta1, beta2, squares: 1 - beta2, epsilon, corrected: true };
      return { ...plain, ...moments, largest, weightDecay };
    }
  }
}
