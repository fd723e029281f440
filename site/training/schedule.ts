/** Test images whose reconstructions are shown. */
export const SHOWN = 8;

/** Steps from one evaluation to the next: three an epoch. */
export function evaluationInterval(trainImages: number, batchSize: number): number {
  return Math.max(1, Math.floor(trainImages / batchSize / 3));
}
