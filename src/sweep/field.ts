// One problem of a study with what every optimizer did on it, and which of them are compared.

import { type Contender, reachOf, TARGET_FACTOR } from "./claims.js";
import type { Processor } from "./processors.js";

/** One problem's contenders, in the order of the configuration. */
export interface Field {
  /** Of the problem. */
  title: string;
  epochs: number;
  /** Tuning runs that every optimizer may have. */
  mostTrials: number;
  contenders: Contender[];
  /** Of the whole study, where its records say it. */
  processors?: Processor[];
}

/** Every RP optimizer with every other that is not one, then users' own with Adam and SGD; no pair twice. */
export function pairs(contenders: readonly Contender[]): [Contender, Contender][] {
  const rps = contenders.filter(({ optimizer }) => optimizer === "rp");
  const others = contenders.filter(({ optimizer }) => optimizer !== "rp");
  const users = others.filter(({ optimizer }) => optimizer === "module");
  const rivals = others.filter(({ optimizer }) => optimizer !== "module");
  const each = (some: Contender[], more: Contender[]) =>
    some.flatMap((own) => more.map((rival): [Contender, Contender] => [own, rival]));
  return [...each(rps, others), ...each(users, rivals)];
}

/** The first that is Adam. */
export function adamOf(contenders: readonly Contender[]): Contender | undefined {
  return contenders.find(({ optimizer }) => optimizer === "adam");
}

/** The test loss that counts as being there; null where Adam finished no run. */
export function targetOf(contenders: readonly Contender[]): number | null {
  const adam = adamOf(contenders);
  return adam?.testLoss ? TARGET_FACTOR * adam.testLoss.median : null;
}

/** Whether an optimizer came to the target in fewer steps, and in fewer seconds, than its rival. */
export function quickness(one: Contender, rival: Contender, target: number | null): [string, string] {
  if (target === null) return ["–", "–"];
  const [own, other] = [reachOf(one, target), reachOf(rival, target)];
  const faster = (a: number | null, b: number | null) => {
    if (a === null && b === null) return "neither";
    if (a === b) return "same";
    return a !== null && (b === null || a < b) ? "yes" : "no";
  };
  const timed = one.stepMilliseconds !== null && rival.stepMilliseconds !== null;
  return [faster(own.steps, other.steps), timed ? faster(own.seconds, other.seconds) : "not measured"];
}
