/** When a run counts as diverged, beside a batch loss or parameter that is not finite. Kept in the manifest. */
export const DIVERGENCE = {
  /** The batch loss is above this many times that of the first step ... */
  lossFactor: 100,
  /** ... for so many steps running. */
  patience: 20,
} as const;

/**
 * Whether a run's last evaluation is so far above its first that it must be called diverged, though the batch loss had
 * not stayed there long enough for the rule when the run ended.
 */
export function blewUp(rows: readonly { testLoss: number }[]): boolean {
  const [first, last] = [rows[0], rows.at(-1)];
  return first !== undefined && last !== undefined && last.testLoss > DIVERGENCE.lossFactor * first.testLoss;
}
