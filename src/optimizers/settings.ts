import type { ResolvedOptimizer } from "./registry.js";

/** What of an optimizer is not as by default, in words, for tables and legends: "momentum 0.9, 32 outputs". */
export function settingsText(optimizer: ResolvedOptimizer): string {
  const words: string[] = [];
  if (optimizer.name === "adam") {
    const { beta1, beta2, epsilon } = optimizer;
    if (beta1 !== 0.9) words.push(`β1 ${beta1}`);
    if (beta2 !== 0.999) words.push(`β2 ${beta2}`);
    if (epsilon !== 1e-8) words.push(`ε ${epsilon}`);
    return words.join(", ");
  }
  if (optimizer.momentum > 0)
    words.push(`${optimizer.nesterov ? "Nesterov " : ""}momentum ${optimizer.momentum}`);
  if (optimizer.name === "rp") {
    if (optimizer.curvature !== "exact") words.push(`${optimizer.curvature.outputs} outputs`);
    if (optimizer.curvatureDecay > 0) words.push(`decay ${optimizer.curvatureDecay}`);
  }
  return words.join(", ");
}
