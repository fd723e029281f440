// The optimizers that the page offers, with rates that suit its sample and its network; a visitor changes them. All are the
// project's own, from src/optimizers.

import type { OptimizerOptions } from "../../src/optimizers/registry.js";

export interface Preset {
  /** Of its colour and in files. */
  label: string;
  title: string;
  /** What it is, in a few words. */
  hint: string;
  /** Whether it is chosen at first. */
  chosen: boolean;
  rate: string;
  /** All else of it, for images of so many pixels. */
  settings(pixels: number): Record<string, unknown> & { name: OptimizerOptions["name"] };
}

/** Outputs that sampled curvature draws. */
const SAMPLED = 32;
const sampled = (pixels: number) => ({ curvature: { outputs: Math.min(SAMPLED, pixels) } });

export const PRESETS: readonly Preset[] = [
  {
    ...{ label: "rp", title: "RP", chosen: true, rate: "10" },
    hint: "residual partitioning as published, eq. (6)",
    settings: () => ({ name: "rp" }),
  },
  {
    ...{ label: "rp-fast", title: "RP fast", chosen: true, rate: "100" },
    hint: "RP from 32 sampled outputs, with momentum 0.9, an average and a warm-up of 30 steps",
    settings: (pixels) => ({
      ...{ name: "rp", ...sampled(pixels), curvatureDecay: 0.9, safeguard: true },
      ...{ momentum: 0.9, warmupSteps: 30 },
    }),
  },
  {
    ...{ label: "rp-auto", title: "RP, own rate", chosen: true, rate: "auto" },
    hint: "RP that computes its rate and momentum at each step",
    settings: (pixels) => ({ name: "rp", ...sampled(pixels), curvatureDecay: 0.9 }),
  },
  {
    ...{ label: "adam", title: "Adam", chosen: true, rate: "0.003" },
    hint: "Kingma and Ba’s, the usual choice",
    settings: () => ({ name: "adam" }),
  },
  {
    ...{ label: "sgd", title: "SGD", chosen: true, rate: "10" },
    hint: "plain gradient descent on batches",
    settings: () => ({ name: "sgd" }),
  },
  {
    ...{ label: "sgd-momentum", title: "SGD, momentum", chosen: false, rate: "2" },
    hint: "gradient descent with momentum 0.9",
    settings: () => ({ name: "sgd", momentum: 0.9 }),
  },
  {
    ...{ label: "adamw", title: "AdamW", chosen: false, rate: "0.003" },
    hint: "Adam with decoupled weight decay",
    settings: () => ({ name: "adamw" }),
  },
  {
    ...{ label: "amsgrad", title: "AMSGrad", chosen: false, rate: "0.003" },
    hint: "Adam over the largest second moment so far",
    settings: () => ({ name: "amsgrad" }),
  },
  {
    ...{ label: "rmsprop", title: "RMSprop", chosen: false, rate: "0.001" },
    hint: "the gradient over the root of its mean square",
    settings: () => ({ name: "rmsprop" }),
  },
  {
    ...{ label: "adagrad", title: "AdaGrad", chosen: false, rate: "0.01" },
    hint: "the gradient over the root of its squares’ sum",
    settings: () => ({ name: "adagrad" }),
  },
  {
    ...{ label: "adahessian", title: "AdaHessian", chosen: false, rate: "0.01" },
    hint: "Adam over the exact Gauss-Newton diagonal",
    settings: () => ({ name: "adahessian", epsilon: 1e-6 }),
  },
  {
    ...{ label: "sophia", title: "Sophia", chosen: false, rate: "0.001" },
    hint: "a clipped step over the Gauss-Newton diagonal, renewed now and then",
    settings: () => ({ name: "sophia" }),
  },
];
