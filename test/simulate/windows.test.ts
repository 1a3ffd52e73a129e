import { describe, expect, it } from 'vitest';
import { datapath, type Datapath, sumFit } from '../../src/datapaths/datapath.js';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { fitTo } from '../../src/formats/codec.js';
import { widthOf } from '../../src/formats/format.js';
import { executeLayer } from '../../src/networks/execute.js';
import type { Arithmetic, ConvLayer } from '../../src/networks/network.js';
import { codeTensor, perTensor } from '../../src/networks/quantization.js';
import { sizeOf } from '../../src/networks/tensor.js';
import { randomFrom } from '../../src/random/random.js';
import {
  type CountedSums,
  goldenArithmetic,
  type LayerSums,
  targetArithmetic,
  type TargetUnits,
  unitsOf,
} from '../../src/simulate/arithmetic.js';
import { ErrorMeter } from '../../src/simulate/errors.js';
import { powerAbove } from '../../src/simulate/magnitude.js';
import { operandsOf } from '../../src/simulate/worst.js';
import { loadTarget } from '../../src/targets/catalog.js';
import type { Target } from '../../src/targets/target.js';

/** A convolution in groups with what it reads, by shapes of input and weights. */
interface Case {
  input: readonly number[];
  weight: readonly number[];
  groups: number;
  more?: Partial<ConvLayer>;
  zeros?: { input: number; weight?: number };
}

const side = [1, 1, 1, 1] as const;
const CASES: readonly Case[] = [
  { input: [1, 5, 9, 9], weight: [5, 1, 3, 3], groups: 5, more: { pad: side } },
  { input: [3, 4, 8, 6], weight: [4, 1, 3, 3], groups: 4, more: { pad: side, stride: [2, 2] }, zeros: { input: 3 } },
  { input: [2, 3, 7, 8], weight: [6, 1, 3, 2], groups: 3, more: { pad: [0, 1, 2, 0], dilation: [1, 2] } },
  { input: [1, 6, 6, 5], weight: [9, 2, 3, 3], groups: 3, more: { pad: side, stride: [1, 3] }, zeros: { input: -2 } },
  { input: [2, 8, 5, 5], weight: [4, 4, 2, 2], groups: 2, more: { stride: [3, 2] } },
  { input: [2, 4, 11], weight: [4, 1, 1, 5], groups: 4, more: { pad: [0, 2, 0, 2] } },
  { input: [1, 3, 4, 4], weight: [3, 1, 1, 1], groups: 3 },
  // Totals of patches come off these sums: they go as products.
  { input: [1, 3, 5, 5], weight: [3, 1, 3, 3], groups: 3, zeros: { input: 1, weight: 2 } },
];

const within = (datapath: Datapath, name = 'own'): Target => ({ ...loadTarget('int8'), name, datapath, others: [] });
const narrow = (overflow: 'wrap' | 'saturate', bits: number) =>
  within(
    datapath({ name: 'own', a: formatNamed('int8'), b: formatNamed('int8'), sum: sumFit(int(bits), { overflow }) }),
  );

const TARGETS: readonly (readonly [string, Target])[] = [
  ...['int8', 'uint8', 'int4', 'xnor', 'radix4', 'fp8-fp16'].map((name) => [name, loadTarget(name)] as const),
  ['int8 saturating at 16 bits', narrow('saturate', 16)],
  ['int8 wrapping at 15 bits', narrow('wrap', 15)],
];

function layerOf(
  { input, weight, groups, more, zeros }: Case,
  { datapath }: Target,
): { layer: ConvLayer; x: ReturnType<typeof codeTensor> } {
  const { a, b } = datapath;
  const random = randomFrom(sizeOf(input), groups);
  const draw = (shape: readonly number[], bits: number) =>
    Uint8Array.from({ length: sizeOf(shape) }, () => random.below(2 ** bits));
  // Codes of NaN are none that a network holds.
  const codes = (shape: readonly number[], format: typeof a) =>
    draw(shape, widthOf(format)).map((code) => (format.kind === 'float' && (code & 127) === 127 ? 0 : code));
  const zero = a.kind === 'int' ? (zeros?.input ?? 0) : 0;
  const own = b.kind === 'int' ? (zeros?.weight ?? 0) : 0;
  const layer: ConvLayer = {
    ...{
      op: 'conv',
      name: 'c',
      inputs: ['x'],
      outputs: ['c'],
      groups,
      stride: [1, 1],
      pad: [0, 0, 0, 0],
      dilation: [1, 1],
    },
    ...more,
    weight: codeTensor(weight, codes(weight, b), perTensor(fitTo(b, {}), 0.5, own)),
    bias: Float32Array.from({ length: weight[0] }, (_, i) => i / 8),
    result: { kind: 'dequantize' },
  };
  return { layer, x: codeTensor(input, codes(input, a), perTensor(fitTo(a, {}), 0.25, zero)) };
}

/** What a run collects of a layer, and how often it asked for windows. */
function collected(units: TargetUnits, item: Case) {
  const { layer, x } = layerOf(item, units.target);
  let meter: ErrorMeter | undefined;
  const all = {
    rows: 0,
    power: 0,
    swamped: 0,
    overflowed: 0,
    calls: 0,
    operands: [] as object[],
    worst: [] as object[],
  };
  const compare = (sums: LayerSums) => {
    meter ??= new ErrorMeter(sums.format);
    all.calls++;
    const { job, exact, sums: got } = sums;
    const worst = meter.add(exact, got, job.n, all.rows);
    if (worst !== undefined) all.worst.push(operandsOf(sums, worst, all.rows));
    for (let at = 0; at < got.length; at++) {
      const place = { row: all.rows + Math.floor(at / job.n), column: at % job.n };
      all.operands.push(operandsOf(sums, { ...place, exact: exact[at], got: got[at], ulp: 0 }, all.rows));
    }
    all.rows += job.m;
    all.power = powerAbove(sums, all.power);
    all.swamped += sums.swamped;
    all.overflowed += sums.overflowed;
  };
  const [exactly] = executeLayer(layer, [x], goldenArithmetic(units, compare));
  const [as] = executeLayer(layer, [x], targetArithmetic(units));
  const { calls, worst, ...rest } = all;
  return { ...{ calls, exactly, as, worst: worst.at(-1) }, ...rest, report: meter?.report() };
}

/** The same units without their way for windows. */
function inProducts(units: TargetUnits): TargetUnits {
  return { ...units, gemmFor: (job) => ({ ...units.gemmFor(job), windows: undefined }) };
}

describe.each(TARGETS)('%s', (_name, target) => {
  const integers = !target.name.startsWith('fp8');

  it.each(CASES)('a convolution in groups gives what its products give, with all statistics: %o', (item) => {
    const units = unitsOf(target);
    const { calls, ...found } = collected(units, item);
    const { calls: products, ...wanted } = collected(inProducts(units), item);
    expect(found).toEqual(wanted);
    expect(products).toBe(item.groups);
    expect(calls).toBe(integers && !(target.datapath.b.kind === 'int' && item.zeros?.weight) ? 1 : products);
  });
});

/** Codes of a layer, and what is counted of its sums where they have not left the kernels' memory. */
function requantized(units: TargetUnits, item: Case, ways: (keyof Arithmetic)[]) {
  const { layer: plain, x } = layerOf(item, units.target);
  const output = perTensor(fitTo(int(6), { overflow: 'saturate' }), 3, -5);
  const bias = Int32Array.from({ length: item.weight[0] }, (_, i) => 7 * i - 9);
  const layer: ConvLayer = { ...plain, bias, result: { kind: 'requantize', output, convention: 'onnx' } };
  const all = { sums: 0, largest: 0, power: 0, calls: 0 };
  const meet = (sums: CountedSums, largest: number) => {
    all.calls++;
    all.sums += sums.job.m * sums.job.n;
    all.largest = Math.max(all.largest, largest);
    all.power = powerAbove(sums, all.power);
  };
  const compare = (sums: LayerSums) =>
    meet(
      { ...sums, largest: 0 },
      sums.exact.reduce((most, sum) => Math.max(most, Math.abs(sum)), 0),
    );
  const arithmetic = goldenArithmetic(units, compare, (sums) => meet(sums, sums.largest));
  for (const way of ways) arithmetic[way] = undefined as never;
  const [codes] = executeLayer(layer, [x], arithmetic);
  const { calls, ...counted } = all;
  return { calls, found: { codes, counted } };
}

it.each(['int8', 'uint8', 'int4', 'xnor'].flatMap((name) => CASES.map((item) => [name, item] as const)))(
  '%s: whole sums become the codes that sums of products become, and are counted alike: %o',
  (name, item) => {
    const units = unitsOf(loadTarget(name));
    const products = requantized(units, item, ['integerPlanes', 'windows']);
    const windows = requantized(units, item, ['integerPlanes']);
    const planes = requantized(units, item, []);
    expect(planes.found).toEqual(products.found);
    expect(windows.found).toEqual(products.found);
    expect(products.calls).toBe(item.groups);
    const apart = units.target.datapath.b.kind === 'int' && item.zeros?.weight !== undefined;
    expect([windows.calls, planes.calls]).toEqual(apart ? [item.groups, item.groups] : [1, 1]);
  },
);

it('some of the registers here are left and some are not, with the worst sum beyond the first group', () => {
  const saturating = collected(unitsOf(narrow('saturate', 16)), CASES[0]);
  expect(saturating.overflowed).toBeGreaterThan(0);
  expect(saturating.report?.wrong).toBeGreaterThan(0);
  expect(saturating.report?.worst?.row).toBeGreaterThan(81);
  const wide = collected(unitsOf(loadTarget('int8')), CASES[0]);
  expect([wide.report?.wrong, wide.overflowed]).toEqual([0, 0]);
});
