import { datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { compileGemm, valuesOf } from '../../../../src/datapaths/kernel/index.js';
import { formatNamed } from '../../../../src/formats/catalog.js';

/**
 * Every finite fp16 accumulator meets a product, and each result is checked by the definition of nearest even: it is no
 * farther from the exact sum than either neighbour, and where it is as near, its code is even. Nothing of the kernels'
 * arithmetic or of the reference's is used.
 */
const fp16 = valuesOf(formatNamed('fp16'));
const FINITE = 0x7c00;
/** Sums from here up round to infinity: half an ulp above the largest number. */
const OVERFLOW = 65520;

/** One pair of codes for each distinct product of two formats. */
export function distinctProducts(a: string, b: string): [number, number][] {
  const [x, y] = [a, b].map((name) => valuesOf(formatNamed(name)));
  const found = new Map<number, [number, number]>();
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < y.length; j++) if (Number.isFinite(x[i] * y[j])) found.set(x[i] * y[j], [i, j]);
  return [...found.values()];
}

/** Whether a code is what nearest even makes of an exact value. */
function isNearest(exact: number, code: number): boolean {
  const magnitude = Math.abs(exact);
  const index = code & 0x7fff;
  if (magnitude >= OVERFLOW) return index === FINITE && ((code & 0x8000) !== 0) === exact < 0;
  if (exact !== 0 && ((code & 0x8000) !== 0) !== exact < 0) return false;
  const distance = Math.abs(magnitude - fp16[index]);
  const below = index === 0 ? Infinity : Math.abs(magnitude - fp16[index - 1]);
  const above = index + 1 >= FINITE ? Infinity : Math.abs(magnitude - fp16[index + 1]);
  const odd = (index & 1) === 1;
  return index < FINITE && (odd ? distance < below && distance < above : distance <= below && distance <= above);
}

/** Checks the products given; how many sums were checked, and the first wrong one. */
export function proveNearest(
  a: string,
  b: string,
  products: readonly [number, number][],
): { sums: number; wrong?: string } {
  const gemm = compileGemm(datapath({ name: 'proof', a: formatNamed(a), b: formatNamed(b), sum: sumFit('fp16') }));
  const [m, n] = [256, 2 * (FINITE / 256)];
  const c = Uint32Array.from({ length: m * n }, (_, i) => (i % FINITE) | (i >= FINITE ? 0x8000 : 0));
  const [x, y] = [a, b].map((name) => valuesOf(formatNamed(name)));
  let sums = 0;
  for (const [i, j] of products) {
    const got = gemm.sums({ m, n, k: 1, a: new Uint8Array(m).fill(i), b: new Uint8Array(n).fill(j), c }) as Uint32Array;
    const product = x[i] * y[j];
    for (let at = 0; at < got.length; at++)
      if (!isNearest(fp16[c[at]] + product, got[at]))
        return {
          sums,
          wrong: `${c[at].toString(16)} + ${i.toString(16)} * ${j.toString(16)} gave ${got[at].toString(16)}`,
        };
    sums += got.length;
  }
  return { sums };
}
