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
  return {
    iterations,
    planes: planeProblems(correlation).map((problem) => follow(problem, iterations)),
    many: manyUnknowns(seed).map((problem) => follow(problem, iterations)),
  };
}

export function follow<P extends Problem>(problem: P, iterations: number): Followed<P> {
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
}
