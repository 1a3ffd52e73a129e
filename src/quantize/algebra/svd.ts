/** a [m, n] = u diag(s) v', u [m, r], v [n, r], r = min(m, n); s falls. */
export interface Svd {
  u: Float64Array;
  s: Float64Array;
  v: Float64Array;
  rank: number;
}

/** Off-diagonal share below which two rows count as orthogonal. */
const ORTHOGONAL = 1e-12;
const MOST_SWEEPS = 40;

/**
 * Singular value decomposition by one-sided Jacobi rotations (Hestenes 1958): pairs of rows are turned until all are
 * orthogonal; their lengths are then the singular values.
 */
export function svdOf(a: Float64Array | Float32Array, m: number, n: number): Svd {
  if (m > n) {
    const { u, s, v, rank } = svdOf(transposed(a, m, n), n, m);
    return { u: v, s, v: u, rank };
  }
  const rows = Array.from({ length: m }, (_, i) => Float64Array.from(a.subarray(i * n, (i + 1) * n)));
  const turns = Array.from({ length: m }, (_, i) => Float64Array.from({ length: m }, (_v, j) => Number(i === j)));
  for (let sweep = 0; sweep < MOST_SWEEPS && turnPairs(rows, turns); sweep++);
  const lengths = rows.map((row) => Math.sqrt(dot(row, row)));
  const order = [...lengths.keys()].sort((x, y) => lengths[y] - lengths[x] || x - y);
  const [u, v] = [new Float64Array(m * m), new Float64Array(n * m)];
  order.forEach((row, r) => {
    for (let i = 0; i < m; i++) u[i * m + r] = turns[row][i];
    for (let j = 0; j < n; j++) v[j * m + r] = lengths[row] > 0 ? rows[row][j] / lengths[row] : 0;
  });
  return { u, s: Float64Array.from(order, (row) => lengths[row]), v, rank: m };
}

/** One sweep over all pairs. @returns whether any pair had to be turned */
function turnPairs(rows: Float64Array[], turns: Float64Array[]): boolean {
  let turned = false;
  for (let p = 0; p < rows.length; p++)
    for (let q = p + 1; q < rows.length; q++) {
      const [pp, qq, pq] = [dot(rows[p], rows[p]), dot(rows[q], rows[q]), dot(rows[p], rows[q])];
      if (Math.abs(pq) <= ORTHOGONAL * Math.sqrt(pp * qq)) continue;
      const zeta = (qq - pp) / (2 * pq);
      const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      const c = 1 / Math.sqrt(1 + t * t);
      turn(rows[p], rows[q], c, c * t);
      turn(turns[p], turns[q], c, c * t);
      turned = true;
    }
  return turned;
}

function turn(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let i = 0; i < x.length; i++) [x[i], y[i]] = [c * x[i] - s * y[i], s * x[i] + c * y[i]];
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function transposed(a: Float64Array | Float32Array, m: number, n: number): Float64Array {
  const t = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) t[j * m + i] = a[i * n + j];
  return t;
}
