// What the ratios of peers.js are to reach, by the instruction set of the kernels. On AVX-512 the peers' own products are
// twice as wide, and so are ours.

/** relation, target with AVX-512, target with AVX2 */
const TARGETS = {
  "SGD step / peer's": ["≤", 0.65, 0.75],
  "Adam step / peer's": ["≤", 0.65, 0.8],
  "exact RP step / peer's": ["≤", 0.4, 0.64],
  "5.14 GFLOP / RP step, of sgemm's rate": ["≥", 0.9, 1],
  "sampled RP step (32) / peer's SGD step": ["≤", 1.6, 1.7],
  "relu RP step / tanh, at initialization": ["≤", 0.45, 0.45],
  "RP step, 3072 outputs / 784": ["≤", 4.3, 4.3],
  "RP, one thread → two, of sgemm's gain": ["≥", 0.9, 0.9],
};

/** Of one ratio; null where none is set. */
export function judge(what, value, instructionSet) {
  const column = ["avx512", "avx2"].indexOf(instructionSet);
  if (!(what in TARGETS) || column < 0) return null;
  const [relation, ...targets] = TARGETS[what];
  const target = targets[column];
  return { text: `${relation} ${target}`, met: relation === "≤" ? value <= target : value >= target };
}
