import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DATAPATHS, datapathNamed } from '../../src/datapaths/catalog.js';
import { type Combine, type Datapath, datapath, sumFit } from '../../src/datapaths/datapath.js';
import type { Order } from '../../src/datapaths/order.js';
import { emitDot, emitMesh, type MeshShape, randomBitsOfDot } from '../../src/datapaths/rtl/index.js';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import type { FloatFormat } from '../../src/formats/format.js';
import { stochastic } from '../../src/formats/rounding.js';
import { EIGHT_BIT, FOUR_BIT, ORDERS, UNITS } from './units.js';

/**
 * What is written for a unit, in numbers: emitted.txt has its module, widths and windows, and a digest of the text, as they were
 * when simulators gave the reference's bits (units.test.ts, test/laws/rtl.test.ts). So that a width that grew or shrank is seen
 * without one.
 */
const GOLDEN = join(import.meta.dirname, 'emitted.txt');
const WIDTHS = ['EW', 'LOW', 'WW', 'PLOW', 'PWW', 'OW', 'SP', 'ST', 'SHIFT'];

/** A line of emitted.txt: name, modules, widths of the first one, digest; or why there is none. */
function lineOf(name: string, emit: () => { text: string }[]): string {
  try {
    const text = emit()
      .map((file) => file.text)
      .join('\n');
    const modules = [...new Set(text.match(/^ {2}lastbit_\w+/gm)?.map((module) => module.trim().slice(8)))].join(' ');
    const widths = WIDTHS.flatMap(
      (key) =>
        text
          .match(new RegExp(`\\.${key}\\((-?\\d+)\\)`))
          ?.slice(1)
          .map((value) => `${key}=${value}`) ?? [],
    );
    return [name, modules, widths.join(' '), createHash('sha1').update(text).digest('hex').slice(0, 16)].join(', ');
  } catch (error) {
    return `${name}, ${(error as Error).message}`;
  }
}

const own = (files: { text: string }[]) => files.slice(0, 2);

/** What may come together in a unit, each with each: products, sums, ways to combine, and by turns all else. */
function combined(): Datapath[] {
  const f = formatNamed;
  const kept = (bits: number) => ({ ...sumFit('fp32', { rounding: 'rtz' }), keptMantissaBits: bits });
  const products = [
    'exact',
    fitTo(f('bf16'), { subnormals: 'flush' }),
    fitTo(int(13, true, -5)),
    fitTo(f('e8m0fnu')),
  ] as const;
  const sums = [
    sumFit('fp16'),
    sumFit(int(21, true, -7), { overflow: 'saturate' }),
    sumFit(int(9, false)),
    kept(9),
    { ...sumFit('e4m3fn'), keptMantissaBits: 1 },
    sumFit('tf32', { rounding: stochastic(7), tininess: 'before' }),
  ];
  const aligned = {
    kind: 'aligned',
    fractionBits: 11,
    truncate: 'rne',
    productExponent: 'normalised',
    sumInside: false,
  } as const;
  const twoStage = { productFractionBits: 17, sumFractionBits: 14, truncate: 'floor', dropSumBelow: 21 } as const;
  const combines: Combine[] = [
    { kind: 'chain' },
    { kind: 'tree' },
    { kind: 'tree', node: fitTo(f('fp32'), { rounding: 'rto' }) },
    { kind: 'tree', node: fitTo(f('fp16'), { rounding: stochastic(3) }) },
    { kind: 'fused', sumInside: true },
    { kind: 'fused', sumInside: false },
    aligned,
    { ...aligned, truncate: 'floor', sumInside: true, sumFractionBits: 19, exponentFloor: -300, zerosAlign: true },
    {
      ...aligned,
      truncate: 'rtz',
      productExponent: 'unnormalised',
      sumInside: true,
      evenOdd: true,
      twoStage,
      productOverflow: 600,
    },
  ];
  const operands = [
    ['e4m3fn', 'e5m2'],
    ['int4', 'radix4'],
    ['bf16', 'ternary'],
    ['radix4odd', 'int6'],
    ['dlfloat16', 'binary'],
    ['uint8', 'int8'],
  ] as const;
  const orders: Order[] = [
    { kind: 'sequential' },
    { kind: 'chunked', length: 6, outer: sumFit('fp32') },
    { kind: 'interleaved', ways: 2 },
    { kind: 'permuted', indices: [2, 0, 1] },
    { kind: 'tree', width: 4 },
  ];
  let i = 0;
  const turn = <T>(items: readonly T[]): T => items[i % items.length];
  const units: Datapath[] = [];
  for (const combine of combines)
    for (const product of products)
      for (const sum of sums) {
        const [a, b] = turn(operands).map(f);
        const widened = turn([undefined, undefined, f('fp32')]);
        const result = turn([
          undefined,
          fitTo(int(12), { overflow: 'saturate' }),
          undefined,
          fitTo(f('e5m2'), { rounding: turn(['rne', stochastic(3)] as const) }),
        ]);
        const nanCode = turn([undefined, undefined, undefined, undefined, 3]);
        units.push(
          datapath({
            name: `u${i}`,
            a,
            b,
            product,
            combine,
            sum,
            lanes: turn([1, 3, 2, 6]),
            order: turn(orders),
            operands: turn(['keep', 'flush', 'keep']),
            ...(widened && { widened }),
            ...(result && { result }),
            ...(nanCode !== undefined && { nanCode }),
          }),
        );
        i++;
      }
  return units;
}

/** What is nearly a unit of integers, of signs or of powers of four: each differs in one point from one that has a module of its own. */
function nearly(): Datapath[] {
  const f = formatNamed;
  const fused = { kind: 'fused', sumInside: true } as const;
  const signs = datapath({
    name: 'signs',
    a: f('binary'),
    b: f('binary'),
    lanes: 3,
    combine: fused,
    sum: sumFit('int16'),
  });
  const whole = datapath({ name: 'whole', a: int(8), b: int(6), lanes: 3, sum: sumFit('int20') });
  const fours = datapath({ name: 'fours', a: f('radix4'), b: int(4), lanes: 3, sum: sumFit(int(24, true, -6)) });
  const radix4 = f('radix4') as FloatFormat;
  const apart = { kind: 'fused', sumInside: false } as const;
  const parts = (unit: Datapath, changes: readonly Partial<Datapath>[]) => [
    unit,
    ...changes.map((change) => ({ ...unit, ...change })),
  ];
  const product = fitTo(int(17, true, -6));
  return [
    ...parts(signs, [
      { a: int(4) },
      { b: int(4) },
      { a: f('ternary') },
      { b: f('ternary') },
      { combine: { kind: 'chain' } },
      { combine: apart },
      { combine: { kind: 'tree' } },
      { product },
    ]),
    ...parts(
      signs,
      [
        sumFit('uint16'),
        sumFit(int(16, true, -1)),
        sumFit('fp16'),
        sumFit('int16', { overflow: 'saturate' }),
        sumFit('int16', { overflow: 'nan' }),
      ].map((sum) => ({ sum })),
    ),
    ...parts(whole, [
      { a: int(8, false) },
      { b: int(6, false) },
      { a: int(8, true, -1), b: int(6, true, -2) },
      { a: f('ternary') },
      { b: f('ternary') },
      { combine: fused },
      { combine: apart },
      { combine: { kind: 'tree' } },
      { product },
    ]),
    ...parts(
      whole,
      [
        sumFit('uint20'),
        sumFit(int(20, true, -2)),
        sumFit(int(20, true, 2)),
        sumFit('fp32'),
        sumFit('int20', { overflow: 'saturate' }),
        sumFit('int20', { overflow: 'ieee' }),
      ].map((sum) => ({ sum })),
    ),
    ...parts(fours, [
      { a: f('radix4odd') },
      { b: int(4, false) },
      { b: int(4, true, -2) },
      { b: f('e2m1fn') },
      { b: f('ternary') },
      { combine: fused },
      { product },
      { a: f('fp4e3m0') },
    ]),
    ...parts(
      fours,
      [
        { signed: false },
        { specials: 'fn' as const },
        { lowest: 'none' as const },
        { lowest: 'zero-only' as const },
        { paddingBits: 2 },
        { shift: 3 },
        { bias: 6 },
      ].map((change) => ({ a: { ...radix4, ...change } })),
    ),
    ...parts(
      fours,
      [
        sumFit('int24'),
        sumFit(int(24, false, -6)),
        sumFit(int(24, true, -9)),
        sumFit('fp32'),
        sumFit(int(24, true, -6), { overflow: 'saturate' }),
      ].map((sum) => ({ sum })),
    ),
  ];
}

function* dots(): Generator<string> {
  const once = [...UNITS, ...EIGHT_BIT, ...FOUR_BIT, ...DATAPATHS];
  for (const [i, unit] of once.entries())
    yield lineOf(`${i} ${unit.name}`, () => own(emitDot(unit, unit.lanes, 'dut')));
  for (const [i, unit] of nearly().entries())
    yield lineOf(`nearly ${i} ${unit.name}`, () => own(emitDot(unit, 4, 'dut')));
  for (const [unit, k] of ORDERS) yield lineOf(`${unit.name} of ${k}`, () => own(emitDot(unit, k, 'dut')));
  for (const [i, unit] of combined().entries()) {
    const [one, more] = [unit.lanes, 2 * unit.lanes + 1];
    yield lineOf(`combined ${i}`, () => own(emitDot(unit, i % 2 === 0 ? one : more, 'dut')));
  }
}

function* meshes(): Generator<string> {
  const shape = { rows: 3, cols: 2, doubleBuffer: false, reinject: false, memory: { steps: 4, folds: 2, depth: 9 } };
  const random = (perOutput: boolean) =>
    datapath({
      name: 'drawn',
      a: formatNamed('e4m3fn'),
      b: formatNamed('e4m3fn'),
      lanes: 2,
      sum: sumFit('fp16', { rounding: stochastic(6, 77, perOutput) }),
    });
  const units: Datapath[] = [
    ...['int8', 'fp8-fp32-mixed', 'xnor', 'volta-fp16-fp32'].map(datapathNamed),
    random(true),
    random(false),
  ];
  const chunked = (lanes: number): Order => ({ kind: 'chunked', length: 4 * lanes, outer: sumFit('fp32') });
  for (const unit of units)
    for (const dataflow of ['os', 'ws', 'is'] as const)
      for (const order of [{ kind: 'sequential' } as const, chunked(unit.lanes), { kind: 'tree', width: 2 } as const])
        for (const parts of [{}, { doubleBuffer: true, reinject: true }]) {
          const whole: MeshShape = { ...shape, dataflow, ...parts };
          const name = `${unit.name} ${dataflow} ${order.kind} ${Object.keys(parts).length}`;
          yield lineOf(name, () => emitMesh(unit, order, whole).filter((file) => !file.name.startsWith('lastbit_')));
        }
}

it('units, dot products and arrays are written as they were', () => {
  expect([...dots(), ...meshes()]).toEqual(readFileSync(GOLDEN, 'utf8').trimEnd().split('\n'));
});

it('a dot product takes the random bits of all its firings', () => {
  const unit = datapath({
    name: 'r',
    a: formatNamed('e5m2'),
    b: formatNamed('e5m2'),
    lanes: 3,
    sum: sumFit('fp16', { rounding: stochastic(5) }),
  });
  // A rounding after every addition, so that each lane draws.
  expect([0, 1, 3, 4, 7].map((k) => randomBitsOfDot(unit, k))).toEqual([0, 15, 15, 30, 45]);
  const fused = { ...unit, combine: { kind: 'fused', sumInside: true } } as const;
  expect([1, 3, 4].map((k) => randomBitsOfDot(fused, k))).toEqual([5, 5, 10]);
  expect(randomBitsOfDot(datapathNamed('int8'), 9)).toBe(0);
});
