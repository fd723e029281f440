// Every method on every problem.

import { type Descent, descend, type Method } from "./methods.js";
import { manyUnknowns, type PlaneProblem, type Problem, planeProblems } from "./problems.js";

export interface CompareOptions {
  seed: number;
  iterations: number;
  /** Of the problem with three unknowns. */
  correlation: number;
}

export interface Followed<P extends Problem = Problem> {
  problem: P;
  descents: Record<Method, Descent>;
}

export interface Comparison {
  iterations: number;
  planes: Followed<PlaneProblem>[];
  many: Followed[];
}

export function compareMethods({ seed, iterations, correlation }: CompareOptions): Comparison {
  const follow = <P extends Problem>(problem: P): Followed<P> => {
    const run = (method: Method) => descend(problem.model, problem.start, method, iterations);
    return {
      problem,
      descents: {
        newton: run("newton"),
        jacobi: run("jacobi"),
        "gradient-descent": run("gradient-descent"),
        rp: run("rp"),
      },
    };
  };
  return {
    iterations,
    planes: planeProblems(correlation).map(follow),
    many: manyUnknowns(seed).map(follow),
  };
}
