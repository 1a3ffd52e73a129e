/**
 * The factor of a symmetric positive definite matrix a [n, n]: lower L with a = L L', or upper U with a = U' U.
 * @throws RangeError when the matrix is not positive definite
 */
export function choleskyOf(a: Float64Array, n: number, side: 'lower' | 'upper' = 'lower'): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i !== j) l[i * n + j] = sum / l[j * n + j];
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else throw new RangeError(`cholesky: the matrix is not positive definite at row ${i}`);
    }
  return side === 'lower' ? l : transposed(l, n);
}

/** The inverse of a symmetric positive definite matrix [n, n]: columns of L^-1, then (L^-1)' L^-1. */
export function inverseOf(a: Float64Array, n: number): Float64Array {
  const l = choleskyOf(a, n);
  const inverse = new Float64Array(n * n);
  for (let c = 0; c < n; c++)
    for (let i = c; i < n; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = c; k < i; k++) sum -= l[i * n + k] * inverse[k * n + c];
      inverse[i * n + c] = sum / l[i * n + i];
    }
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += inverse[k * n + i] * inverse[k * n + j];
      product[i * n + j] = product[j * n + i] = sum;
    }
  return product;
}

function transposed(a: Float64Array, n: number): Float64Array {
  const t = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) t[j * n + i] = a[i * n + j];
  return t;
}
