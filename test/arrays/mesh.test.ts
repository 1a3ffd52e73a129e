import { describe, expect, it } from 'vitest';
import { runMesh } from '../../src/arrays/clocked.js';
import { costOf } from '../../src/arrays/cost.js';
import { type MacArray, macArray, orderOf } from '../../src/arrays/dataflow.js';
import type { Registers } from '../../src/arrays/mesh.js';
import { DATAPATHS, datapathNamed } from '../../src/datapaths/catalog.js';
import { type Datapath, datapath, sumFit } from '../../src/datapaths/datapath.js';
import { type CodeArray, codeArray, compileUnit } from '../../src/datapaths/kernel/index.js';
import { type Order, SEQUENTIAL } from '../../src/datapaths/order.js';
import { formatNamed, int } from '../../src/formats/catalog.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { stochastic } from '../../src/formats/rounding.js';
import { generator } from '../datapaths/kernel/jobs.js';

/**
 * Units of a whole array fire at once, in lanes. Every register after every edge is what the same units give that fire one
 * after the other, on codes.
 */
const own = (name: string, format: string, sum: Datapath['sum'], rest: Partial<Datapath> = {}) =>
  datapath({ name, a: formatNamed(format), b: formatNamed(format), sum, ...rest });
const UNITS: readonly Datapath[] = [
  ...DATAPATHS.filter(({ blockScale, sum }) => blockScale === undefined && widthOf(sum.format) <= 32),
  own('int8-sat16', 'int8', sumFit('int16', { overflow: 'saturate' })),
  own('int8-wrap20', 'int8', sumFit(int(20, true), { overflow: 'wrap' })),
  own('int4-sat-unsigned', 'uint8', sumFit(int(12, false), { overflow: 'saturate' })),
  own('fp8-fp16-saturate', 'e5m2', sumFit('fp16', { overflow: 'saturate' })),
  own('fp8-fp16-rtz', 'e4m3fn', sumFit('fp16', { rounding: 'rtz' })),
  own('fp8-e4m3fn', 'e4m3fn', sumFit('e4m3fn')),
  own('fp8-fp32-rtz', 'e5m2', sumFit('fp32', { rounding: 'rtz' })),
  own('fp16-fp32', 'fp16', sumFit('fp32')),
  own('chain4-fp16', 'e4m3fn', sumFit('fp16'), { lanes: 4 }),
  own('fused4-apart', 'e4m3fn', sumFit('fp16'), { lanes: 4, combine: { kind: 'fused', sumInside: false } }),
  own('fused4-inside', 'e4m3fn', sumFit('bf16'), { lanes: 4, combine: { kind: 'fused', sumInside: true } }),
  own('fp8-stochastic', 'e4m3fn', sumFit('fp32', { rounding: stochastic(8) })),
  own('fp8-stochastic-fp16', 'e4m3fn', sumFit('fp16', { rounding: stochastic(6) }), { lanes: 2 }),
  own('rounded-products', 'fp16', sumFit('fp32'), { product: sumFit('fp16') }),
  own('tree5-bf16', 'e5m2', sumFit('fp32'), { lanes: 5, combine: { kind: 'tree', node: sumFit('bf16') } }),
  own('chunks-fp32', 'e4m3fn', sumFit('fp16'), {
    order: { kind: 'chunked', length: 4, outer: sumFit('fp32') },
  }),
].map((unit) => ({ ...unit, result: undefined, requantize: undefined, nanCode: undefined }));

type Random = () => number;

/** Whole numbers below a bound. */
function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** All codes of a format alike, or numbers of the middle binades. */
function draw(format: Format, length: number, tame: boolean, random: Random): CodeArray {
  const width = widthOf(format);
  const codes = codeArray(format, length);
  const used = format.kind === 'table' ? format.values.flatMap((value, code) => (value === null ? [] : [code])) : [];
  return codes.map(() => {
    if (used.length > 0) return used[below(random, used.length)];
    if (!tame || format.kind !== 'float') return below(random, 2 ** width);
    const { mantissaBits, bias, paddingBits = 0 } = format;
    const magnitude = (bias - 2 + below(random, 4)) * 2 ** mantissaBits + below(random, 2 ** mantissaBits);
    return below(random, 2) * 2 ** (width - 1) + magnitude * 2 ** paddingBits;
  });
}

function arrayFrom(random: Random): MacArray {
  const one = <T>(list: readonly T[]) => list[below(random, list.length)];
  return macArray({
    rows: 1 + below(random, 9),
    cols: 1 + below(random, 9),
    dataflow: one(['os', 'ws', 'is'] as const),
    accumulation: one(['memory', 'reinject'] as const),
    edge: one(['partial', 'whole'] as const),
    doubleBuffer: one([false, true]),
    operands: one(['systolic', 'broadcast'] as const),
    multiplyStages: below(random, 3),
    addStages: 1 + below(random, 3),
  });
}

describe.each(UNITS.map((unit) => [unit.name, unit] as const))('%s', (_name, unit) => {
  it('has the same registers after every edge, in lanes or one after the other, and as many edges as the formula says', () => {
    const random = generator(widthOf(unit.a) * 1000 + unit.lanes);
    for (let run = 0; run < 3; run++) {
      const array = arrayFrom(random);
      const orders: Order[] = [unit.order, { kind: 'sequential' }, { kind: 'interleaved', ways: 1 + below(random, 3) }];
      const steppable = orders.filter(({ kind }) => ['sequential', 'chunked', 'interleaved'].includes(kind));
      const stepped = { ...unit, order: steppable[below(random, steppable.length)] };
      const order = orderOf(array, stepped);
      const [m, n] = [1 + below(random, 12), 1 + below(random, 12)];
      const k = 1 + below(random, 7 * unit.lanes);
      const a = draw(unit.a, m * k, run % 2 === 0, random);
      const b = draw(unit.b, k * n, run % 2 === 0, random);
      const product = { job: { layer: 'random', m, n, k }, a, b };
      const compiled = compileUnit(stepped);
      const other = compileUnit(stepped);
      const seen: number[][] = [];
      const lanes = runMesh(
        { product, array, order, unit: compiled },
        { cycle: (_cycle, registers) => seen.push(wordsOf(registers)) },
      );
      const single = { ...other, bank: undefined };
      let edge = 0;
      const expected = runMesh(
        { product, array, order, unit: single },
        {
          cycle(cycle, registers) {
            const words = wordsOf(registers);
            // A comparison that names differences costs too much where there are none.
            if (words.some((word, i) => word !== seen[cycle][i])) expect(seen[cycle]).toEqual(words);
            edge++;
          },
        },
      );
      expect(edge).toBe(seen.length);
      expect(lanes).toEqual(expected);
      const { cycles, counts } = costOf(product.job, array, stepped);
      expect({ cycles: lanes.cycles, counts: lanes.counts }).toEqual({ cycles, counts });
    }
  });
});

function wordsOf({ a, b, sum, live }: Registers): number[] {
  return [...a, ...b, ...sum, ...live];
}

it('an observer may run an array of its own', () => {
  const unit = compileUnit(datapathNamed('fp8-fp16'));
  const array = macArray({ rows: 4, cols: 4, dataflow: 'os' });
  const random = generator(1);
  const format = formatNamed('e4m3fn');
  const [a, b] = [draw(format, 64, true, random), draw(format, 64, true, random)];
  const parts = { product: { job: { layer: 'x', m: 8, n: 8, k: 8 }, a, b }, array, order: SEQUENTIAL, unit };
  const alone = runMesh(parts);
  const inside: Float64Array[] = [];
  const outside = runMesh(parts, { cycle: () => inside.push(runMesh(parts).sums) });
  expect(outside).toEqual(alone);
  expect(inside.every((sums) => sums.every((sum, i) => sum === alone.sums[i]))).toBe(true);
});

it.each([1, 2, 5])('an observer sees the words that each PE of %i lanes is fired with, in every dataflow', (lanes) => {
  const unit = compileUnit(own('seen', 'e4m3fn', sumFit('fp16'), { lanes }));
  const random = generator(70 + lanes);
  const format = formatNamed('e4m3fn');
  let words = 0;
  for (let run = 0; run < 40; run++) {
    const array = arrayFrom(random);
    const [m, n, k] = [12, 12, 5 * lanes].map((most) => 1 + below(random, most));
    const product = {
      job: { layer: 'seen', m, n, k },
      a: draw(format, m * k, true, random),
      b: draw(format, k * n, true, random),
    };
    const met: number[][] = [];
    const fired = {
      ...unit,
      bank: undefined,
      fire: (sum: number, a: CodeArray, at: number, b: CodeArray, bt: number, live: number) => {
        met.push([live, ...a.slice(at, at + live), ...b.slice(bt, bt + live)]);
        return unit.fire(sum, a, at, b, bt, live);
      },
    };
    runMesh(
      { product, array, order: orderOf(array, datapathNamed('fp8-fp16')), unit: fired },
      {
        cycle(_cycle, { a, b, live }) {
          const of = (codes: CodeArray, pe: number) => codes.slice(pe * lanes, pe * lanes + live[pe]);
          const shown = [...live.keys()]
            .filter((pe) => live[pe] > 0)
            .map((pe) => [live[pe], ...of(a, pe), ...of(b, pe)]);
          expect(shown).toEqual(met);
          words += met.splice(0).length;
        },
      },
    );
  }
  expect(words).toBeGreaterThan(4000);
});
