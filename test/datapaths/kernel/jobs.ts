import { DATAPATHS } from '../../../src/datapaths/catalog.js';
import { type Datapath, totalFitOf } from '../../../src/datapaths/datapath.js';
import type { Gemm, GemmJob } from '../../../src/datapaths/kernel/contract/gemm.js';
import { codeArray, OPERAND_BITS, sumArray } from '../../../src/datapaths/kernel/contract/gemm.js';
import { operandsOf } from '../../../src/datapaths/kernel/float64/reference.js';
import type { Order } from '../../../src/datapaths/order.js';
import { randomOf, reduce } from '../../../src/datapaths/reference.js';
import { encode, fitTo } from '../../../src/formats/codec.js';
import { type Format, widthOf } from '../../../src/formats/format.js';
import { latticeOf } from '../../../src/formats/lattice.js';
import { fromNumber } from '../../../src/formats/raw.js';

/** The catalogue's units that matrix products are for: operands of more than 32 bits are left to the reference. */
export const MATRIX_UNITS = DATAPATHS.filter(({ a, b }) => Math.max(widthOf(a), widthOf(b)) <= OPERAND_BITS);

/** Codes as a test draws them. */
export type Draw = (format: Format) => bigint;

/** A small seeded generator (mulberry32), so that a failure can be run again. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A code that the format uses, all of them alike. */
export function anyCode(random: () => number): Draw {
  return (format) => {
    for (;;) {
      let code = 0n;
      for (let i = 0; i < 4; i++) code = (code << 16n) | BigInt(Math.floor(random() * 65536));
      code = BigInt.asUintN(widthOf(format), code);
      const padding = format.kind === 'float' ? BigInt(format.paddingBits ?? 0) : 0n;
      if (format.kind !== 'table' || format.values[Number(code)] !== null) return (code >> padding) << padding;
    }
  };
}

/** The code nearest to a normally distributed value, scaled so that the format's middle is used. */
export function normalCode(random: () => number, scale: number): Draw {
  return (format) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    // What has no sign has no zero either: a scale is spread in octaves.
    const gauss = format.kind === 'float' && !format.signed ? 2 ** Math.round(2 * normal) : normal;
    const unit = format.kind === 'int' ? 2 ** (format.bits / 2 + format.exponent) : 1;
    return encode(fromNumber(gauss * scale * unit), fitTo(format, { overflow: 'saturate' })).code;
  };
}

/** Both zeros, the subnormal edge, the overflow edge, infinities, NaN, and the neighbours of each. */
export function landmarks(format: Format): bigint[] {
  const lattice = latticeOf(format);
  const mask = (1n << BigInt(widthOf(format))) - 1n;
  const max = lattice.maxIndex(false);
  const hidden = format.kind === 'float' ? 1n << BigInt(format.mantissaBits) : 1n;
  const indices = [0n, 1n, 2n, 3n, hidden - 1n, hidden, hidden + 1n, max / 2n, max - 2n, max - 1n, max, max + 1n];
  const kept = indices.filter((index) => index >= 0n && (format.kind === 'float' || index <= max));
  const codes = kept.flatMap((index) => [lattice.codeOf(false, index), lattice.codeOf(true, index)]);
  if (format.kind === 'float' && format.specials === 'ieee') codes.push(mask, (max + hidden) & mask);
  return [...new Set(codes.map((code) => code & mask))];
}

export function drawJob(
  datapath: Datapath,
  [m, n, k]: readonly [number, number, number],
  draw: Draw,
  start?: Draw,
): GemmJob {
  const { a, b } = datapath;
  const total = totalFitOf(datapath).format;
  const job: GemmJob = {
    m,
    n,
    k,
    a: codeArray(a, m * k),
    b: codeArray(b, k * n),
    ...drawScales(datapath, [m, n, k], draw),
  };
  for (let i = 0; i < m * k; i++) job.a[i] = Number(draw(a));
  for (let i = 0; i < k * n; i++) job.b[i] = Number(draw(b));
  if (start === undefined) return job;
  const c = sumArray(total, m * n);
  for (let i = 0; i < m * n; i++) setCode(c, i, start(total));
  return { ...job, c };
}

/** Scales of blocks, where the datapath reads any; positive ones where codes are drawn by their value. */
function drawScales({ blockScale }: Datapath, [m, n, k]: readonly [number, number, number], draw: Draw) {
  if (blockScale === undefined) return {};
  const { format, size } = blockScale;
  const blocks = Math.ceil(k / size);
  const scales = (length: number) => codeArray(format, length).map(() => Number(draw(format)));
  return { aScales: scales(m * blocks), bScales: scales(blocks * n) };
}

export function setCode(codes: Uint32Array | BigUint64Array, index: number, code: bigint): void {
  if (codes instanceof BigUint64Array) codes[index] = code;
  else codes[index] = Number(code);
}

export interface Difference {
  datapath: string;
  route: string;
  order: Order;
  index: number;
  a: string;
  b: string;
  c: string | undefined;
  got: string;
  expected: string;
}

const hex = (value: bigint | number) => value.toString(16);

/** Compares every sum of a job with the reference; the first difference, or undefined. */
export function difference(gemm: Gemm, job: GemmJob): Difference | undefined {
  const { datapath, order, route } = gemm;
  const got = gemm.sums(job);
  for (let index = 0; index < got.length; index++) {
    const operands = operandsOf(datapath, job, index);
    const { code } = reduce(datapath, operands, order, randomOf(datapath, order, index));
    if (BigInt(got[index]) === code) continue;
    const [a, b] = [operands.a, operands.b].map((codes) => Array.from(codes, hex).join(' '));
    const c = operands.c === undefined ? undefined : hex(operands.c);
    return { datapath: datapath.name, route, order, index, a, b, c, got: hex(got[index]), expected: hex(code) };
  }
  return undefined;
}
