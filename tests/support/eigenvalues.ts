/**
 * Eigenvalues, ascending, and their eigenvectors of a symmetric matrix [n × n], by Jacobi's rotations: each makes one
 * off-diagonal entry 0, and sweeps over all of them converge for every symmetric matrix.
 */
export function symmetricEigenvalues(
  matrix: ArrayLike<number>,
  n: number,
): { value: number; vector: number[] }[] {
  const a = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => matrix[i * n + j]));
  const vectors = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  const scale = Math.max(...a.flat().map(Math.abs));
  const done = () => a.every((row, i) => row.every((entry, j) => j >= i || Math.abs(entry) <= 1e-14 * scale));
  for (let sweep = 0; !done(); sweep++) {
    if (sweep === 60) throw new Error("the rotations do not converge");
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const angle = Math.atan2(2 * a[p][q], a[q][q] - a[p][p]) / 2;
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const rotate = (row: number[]) => {
          [row[p], row[q]] = [cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]];
        };
        a.forEach(rotate);
        vectors.forEach(rotate);
        a[p].forEach((_, k) => {
          [a[p][k], a[q][k]] = [cos * a[p][k] - sin * a[q][k], sin * a[p][k] + cos * a[q][k]];
        });
      }
    }
  }
  return a
    .map((row, i) => ({ value: row[i], vector: vectors.map((entries) => entries[i]) }))
    .sort((x, y) => x.value - y.value);
}
