// Dense linear algebra in double precision; matrices are row-major Float64Arrays, symmetric ones [n × n].

/** A x, of a matrix [rows × x.length]. */
export function multiply(matrix: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  const product = new Float64Array(matrix.length / n);
  for (let row = 0; row < product.length; row++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += matrix[row * n + i] * x[i];
    product[row] = sum;
  }
  return product;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The lower triangle L of a positive definite matrix L Lᵀ; NaN where it is not positive definite. */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * n + j];
      for (let k = 0; k < j; k++) rest -= lower[i * n + k] * lower[j * n + k];
      lower[i * n + j] = i === j ? Math.sqrt(rest) : rest / lower[j * n + j];
    }
  }
  return lower;
}

/** The x of L Lᵀ x = b. */
export function solveCholesky(lower: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= lower[i * n + k] * x[k];
    x[i] /= lower[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= lower[k * n + i] * x[k];
    x[i] /= lower[i * n + i];
  }
  return x;
}

/** Power iteration ends when the residual of the eigenvalue equation, which bounds the error, is this small beside it. */
const RESIDUAL = 1e-6;
const MOST_ITERATIONS = 100_000;

/** The largest eigenvalue of a positive semidefinite matrix; the Rayleigh quotient's error is about RESIDUAL squared. */
export function largestEigenvalue(matrix: Float64Array, n: number): number {
  // Irregular, so that no problem's symmetry makes it orthogonal to the eigenvector that is looked for.
  let vector: Float64Array = Float64Array.from({ length: n }, (_, i) => 1 + Math.sin(1 + i * i));
  let value = 0;
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const norm = Math.sqrt(dot(vector, vector));
    if (norm === 0) return 0;
    const unit = vector.map((entry) => entry / norm);
    vector = multiply(matrix, unit);
    value = dot(unit, vector);
    const residual = Math.sqrt(vector.reduce((sum, entry, i) => sum + (entry - value * unit[i]) ** 2, 0));
    if (residual <= RESIDUAL * value) break;
  }
  return value;
}
