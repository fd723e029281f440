// An optimizer of the user's own: the default export of a module that `--optimizer` or a configuration names by its
// path. It is written over a session, so it runs on every engine. It is not responsible for the loss, for divergence,
// for evaluation or for clocks.

import type { Session } from "../engines/engine.js";
import type { FloatArray } from "../model/architecture.js";

export type CustomSettings = Record<string, number | string | boolean>;

export interface CustomContext<Settings extends CustomSettings = CustomSettings> {
  learningRate: number;
  /** The module's defaults, with what a configuration sets of them. */
  settings: Settings;
  /** Of all weights and biases; see SessionOptions for their layout. */
  parameterCount: number;
  /** Units, input to output. */
  layerSizes: readonly number[];
  /** Of the run, for choices of chance. */
  seed: number;
}

/** What an update may use of the session it is made in. */
export type UpdateSession = Pick<
  Session,
  "gradient" | "lossAndGradient" | "curvature" | "evaluate" | "parameters" | "setParameters"
>;

/** One update on a batch [batchSize × inputs]: what it gives to setParameters is its result. */
export type CustomUpdate = (session: UpdateSession, batch: FloatArray) => void | Promise<void>;

/** An update whose run goes on after it was stopped; that of another begins again. */
export interface ResumableUpdate {
  update: CustomUpdate;
  /** All that the updates to come depend on beside the parameters: numbers, texts, arrays, maps and objects of them. */
  save(): unknown;
  /** Called before the first update, with what `save` of an earlier process gave; the parameters are there already. */
  restore(state: unknown): void | Promise<void>;
}

export interface CustomOptimizer<Settings extends CustomSettings = CustomSettings> {
  /** Every setting, by its default. */
  settings?: Settings;
  /** Called once a run; what it returns may keep the run's state. */
  create(
    context: CustomContext<Settings>,
  ): CustomUpdate | ResumableUpdate | Promise<CustomUpdate | ResumableUpdate>;
}
