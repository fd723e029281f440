// The public API. Everything else may change without notice.

export type {
  CustomContext,
  CustomOptimizer,
  CustomSettings,
  CustomUpdate,
  ResumableUpdate,
  UpdateSession,
} from "./custom/custom-optimizer.js";
export { createEngine, type EngineOptions } from "./engines/create-engine.js";
export type {
  Engine,
  EngineDescription,
  EngineName,
  Session,
  SessionOptions,
  SessionState,
  StateArray,
  StepResult,
} from "./engines/engine.js";
export { type ErrorCode, RpBenchError } from "./errors.js";
export type { Activation, FloatArray } from "./model/architecture.js";
export { initialParameters } from "./model/initialization.js";
export type { OptimizerOptions } from "./optimizers/registry.js";
