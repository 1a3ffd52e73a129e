import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { referenceGemm } from '../../../../src/datapaths/kernel/float64/reference.js';
import { type CodeArray, codeArray, compileGemm, type GemmJob } from '../../../../src/datapaths/kernel/index.js';
import type { Order } from '../../../../src/datapaths/order.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { decode, encode, fitTo } from '../../../../src/formats/codec.js';
import { type Format, widthOf } from '../../../../src/formats/format.js';
import { fromNumber, toNumber } from '../../../../src/formats/raw.js';
import { overFlagged } from '../../../../src/datapaths/kernel/panels/walk.js';
import { randomFrom } from '../../../../src/random/random.js';

/**
 * Whole products of every shape, where panels, tiles, blocks of rows and runs end: lanes give what three plain loops do.
 * Registers here are ones whose rounding JavaScript has: float32, and integers of 32 bits.
 */
type Round = (x: number) => number;

interface Way {
  sum: 'fp32' | 'int32' | 'int16';
  round: Round;
}

const bits16: Round = (x) => (x << 16) >> 16;
const WAYS: readonly Way[] = [
  { sum: 'fp32', round: Math.fround },
  { sum: 'int32', round: (x) => x | 0 },
  { sum: 'int16', round: bits16 },
];

/** A tree of blocks: neighbours first, an odd one goes up as it is. */
function pairwise(values: readonly number[], round: Round): number {
  let level = values;
  while (level.length > 1)
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) =>
      2 * i + 1 < level.length ? round(level[2 * i] + level[2 * i + 1]) : level[2 * i],
    );
  return level[0];
}

function reduced(products: readonly number[], start: number, order: Order, round: Round): number {
  const add = (x: number, y: number) => round(x + y);
  const runs: number[][] = [];
  switch (order.kind) {
    case 'chunked':
      for (let i = 0; i < products.length; i += order.length) runs.push(products.slice(i, i + order.length));
      return runs.reduce((total, run) => add(total, run.reduce(add, 0)), start);
    case 'tree':
      for (let i = 0; i < products.length; i += order.width) runs.push(products.slice(i, i + order.width));
      return runs.reduce((total, run) => add(total, pairwise(run, round)), start);
    case 'interleaved': {
      const dealt = Array.from({ length: order.ways }, (_, way) =>
        products.filter((_each, i) => i % order.ways === way),
      );
      return dealt.map((run, way) => run.reduce(add, way === 0 ? start : 0)).reduce(add);
    }
    case 'permuted': {
      // Two places change, in pairs; the odd last one stays.
      const moved = products.map((_, i) => products[i % 2 === 0 ? Math.min(i + 1, products.length - 1) : i - 1]);
      return moved.reduce(add, start);
    }
    default:
      return products.reduce(add, start);
  }
}

const valuesIn = (format: Format) =>
  Float64Array.from({ length: 2 ** widthOf(format) }, (_, code) => toNumber(decode(format, code)));

/** Codes of numbers, few of which are large. */
function drawn(format: Format, values: Float64Array, length: number, stream: number): CodeArray {
  const random = randomFrom(41, stream, length);
  const codes = codeArray(format, length);
  for (let i = 0; i < length; i++)
    do codes[i] = random.below(values.length);
    while (!Number.isFinite(values[codes[i]]));
  return codes;
}

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** The code of a sum, and a sum of a code. */
const codeOf = ({ sum }: Way, value: number) => {
  single[0] = value;
  return sum === 'fp32' ? word[0] : sum === 'int32' ? value >>> 0 : value & 0xffff;
};

const OPERANDS: readonly (readonly [Format, Format])[] = [
  [int(8), int(8)],
  [int(8, false), int(4)],
  [int(5), int(8, false)],
  [int(12), int(8)],
  [formatNamed('e4m3fn'), formatNamed('e4m3fn')],
  [formatNamed('e5m2'), formatNamed('e2m1fn')],
  [formatNamed('fp16'), formatNamed('e4m3fn')],
];

const ORDERS: readonly Order[] = [
  { kind: 'sequential' },
  { kind: 'chunked', length: 5 },
  { kind: 'tree', width: 4 },
  { kind: 'interleaved', ways: 2 },
  { kind: 'permuted', indices: [1, 0] },
];

/** Rows, columns and lengths about 4 rows, 4, 8 and 16 columns, 8 bytes and pairs of places. */
const SHAPES = [
  [1, 1, 1],
  [4, 8, 2],
  [5, 9, 3],
  [3, 7, 8],
  [8, 16, 16],
  [9, 17, 10],
  [2, 33, 6],
] as const;

function hold(way: Way, [a, b]: readonly [Format, Format], order: Order, [m, n, k]: readonly [number, number, number]) {
  const unit = datapath({
    name: 'own',
    a,
    b,
    sum: sumFit(way.sum, way.sum === 'fp32' ? {} : { overflow: 'wrap' }),
    order,
  });
  const gemm = compileGemm(unit);
  const [x, y] = [valuesIn(a), valuesIn(b)];
  const random = randomFrom(43, m, n, k);
  const starts = Float64Array.from({ length: m * n }, () => random.below(4001) - 2000);
  const job: GemmJob = { m, n, k, a: drawn(a, x, m * k, 1), b: drawn(b, y, k * n, 2) };
  for (const begun of [false, true]) {
    const c = Uint32Array.from(starts, (value) => codeOf(way, value));
    const expected = Array.from({ length: m * n }, (_, at) => {
      const [row, column] = [Math.floor(at / n), at % n];
      const products = Array.from({ length: k }, (_each, i) => x[job.a[row * k + i]] * y[job.b[i * n + column]]);
      return codeOf(way, reduced(products, begun ? starts[at] : 0, order, way.round));
    });
    const got = gemm.sums(begun ? { ...job, c } : job);
    const what = [gemm.route, a.name, b.name, order.kind, m, n, k, begun];
    expect([what, Array.from(got as Uint32Array)]).toEqual([what, expected]);
  }
}

describe.each(WAYS)('sums in $sum', (way) => {
  const operands = OPERANDS.filter(([a]) => way.sum === 'fp32' || a.kind === 'int');
  it.each(ORDERS)('of every shape, $kind', (order) => {
    for (const pair of operands) for (const shape of SHAPES) hold(way, pair, order, shape);
  });

  it('of more rows than the cache holds', () => {
    // 256 KiB hold 43 rows of 1500 places of 4 bytes, and half as many of 8.
    for (const [m, k] of [
      [44, 1500],
      [49, 1501],
    ] as const)
      hold(way, operands[0], ORDERS[0], [m, 9, k]);
    hold(way, operands.at(-1) ?? operands[0], ORDERS[4], [47, 3, 1502]);
  });
});

it.each([4, 8])('flagged tiles of %i columns are gone over whole, and nothing else is', (width) => {
  const [m, n] = [13, 21];
  const tiles: [number, number][] = [];
  for (let row = 0; row < m; row += 4) for (let column = 0; column < n; column += width) tiles.push([row, column]);
  const work = { job: { m, n }, shape: { width } } as Parameters<typeof overFlagged>[0];
  const over = (flagged: [number, number][]) => {
    const found: number[] = [];
    overFlagged(work, { flagged } as unknown as Parameters<typeof overFlagged>[1], (index) => found.push(index));
    return found;
  };
  for (const [row, column] of tiles) {
    const inside = Array.from({ length: m * n }, (_, index) => index).filter((index) => {
      const [i, j] = [Math.floor(index / n), index % n];
      return i >= row && i < row + 4 && j >= column && j < column + width;
    });
    expect(over([[row, column]])).toEqual(inside);
  }
  expect(over(tiles).toSorted((x, y) => x - y)).toEqual(Array.from({ length: m * n }, (_, index) => index));
});

it('whichever tile is gone over again, the others keep their sums', () => {
  const [m, k] = [13, 8];
  const random = randomFrom(44);
  for (const name of ['fp8-fp16', 'ibm-fp8']) {
    const unit = datapathNamed(name);
    const largest = (format: Format) =>
      Number(encode(fromNumber(1e300), { ...fitTo(format), overflow: 'saturate' }).code);
    const some = (format: Format, length: number) =>
      codeArray(format, length).map(() =>
        Number(encode(fromNumber(random.normal()), { ...fitTo(format), overflow: 'saturate' }).code),
      );
    const reference = referenceGemm(unit, unit.order, '');
    const gemm = compileGemm(unit);
    for (const n of [1, 3, 8])
      for (let first = 0; first < m; first += 4) {
        const job: GemmJob = { m, n, k, a: some(unit.a, m * k), b: some(unit.b, k * n) };
        // Sums of one row become as large as operands make them.
        job.a.fill(largest(unit.a), first * k, (first + 1) * k);
        job.b.fill(largest(unit.b), 0, n * Math.min(4, k));
        for (const begun of [job, { ...job, c: reference.sums(job) }])
          for (const way of ['sums', 'stats'] as const) {
            const [got, wanted] = [gemm, reference].map((each) =>
              way === 'sums' ? each.sums(begun) : each.stats(begun).sums,
            );
            expect([name, n, first, ...got], way).toEqual([name, n, first, ...wanted]);
          }
      }
  }
});
