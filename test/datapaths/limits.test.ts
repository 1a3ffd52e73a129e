import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseDatapath } from '../../src/datapaths/schema.js';

/** The least and the most that a number in a unit's file may be; undefined where it has no end. */
type Limits = [least: number | undefined, most: number | undefined];

const FLOAT = { exponentBits: 5, mantissaBits: 2 };
const ALIGNED = { kind: 'aligned', fractionBits: 9 };
const TWO_STAGE = { productFractionBits: 9, sumFractionBits: 9 };
const REQUANTIZE = { kind: 'shift', format: 'int8', shift: 3 };
const LFSR = { width: 16, taps: [16, 15, 13, 4], seed: 1 };
const BLOCKS = { format: 'e8m0fnu', size: 32, apply: 'group' };

/** Where each number stands, what stands around it, and its limits. */
const FIELDS: [path: string, around: object, limits: Limits][] = [
  ['a.exponentBits', { a: FLOAT }, [1, 11]],
  ['a.mantissaBits', { a: FLOAT }, [0, 30]],
  ['a.bias', { a: FLOAT }, [-4096, 4096]],
  ['a.paddingBits', { a: FLOAT }, [0, 32]],
  ['a.shift', { a: FLOAT }, [-64, 64]],
  ['lanes', {}, [1, 65_536]],
  ['combine.fractionBits', { combine: ALIGNED }, [0, 256]],
  ['combine.sumFractionBits', { combine: ALIGNED }, [0, 256]],
  ['combine.exponentFloor', { combine: ALIGNED }, [-16_384, 16_384]],
  ['combine.productOverflow', { combine: ALIGNED }, [-16_384, 16_384]],
  ['combine.twoStage.productFractionBits', { combine: { ...ALIGNED, twoStage: TWO_STAGE } }, [0, 256]],
  ['combine.twoStage.sumFractionBits', { combine: { ...ALIGNED, twoStage: TWO_STAGE } }, [0, 256]],
  ['combine.twoStage.dropSumBelow', { combine: { ...ALIGNED, twoStage: TWO_STAGE } }, [0, 16_384]],
  ['order.length', { order: { kind: 'chunked', length: 4 } }, [1, 2 ** 24]],
  ['order.width', { order: { kind: 'tree', width: 4 } }, [1, 65_536]],
  ['order.ways', { order: { kind: 'interleaved', ways: 4 } }, [1, 65_536]],
  ['order.indices.0', { order: { kind: 'permuted', indices: [0] } }, [0, undefined]],
  ['sum.keptMantissaBits', { sum: { format: 'fp16' } }, [0, undefined]],
  ['sum.rounding.stochastic.bits', { sum: { format: 'fp16', rounding: { stochastic: { bits: 8 } } } }, [1, 31]],
  [
    'sum.rounding.stochastic.lfsr.width',
    { sum: { format: 'fp16', rounding: { stochastic: { bits: 8, lfsr: { ...LFSR, taps: [1] } } } } },
    [2, 32],
  ],
  [
    'sum.rounding.stochastic.lfsr.taps.0',
    { sum: { format: 'fp16', rounding: { stochastic: { bits: 8, lfsr: { ...LFSR, width: 32, taps: [1] } } } } },
    [1, 32],
  ],
  ['requantize.shift', { sum: { format: 'int32' }, requantize: REQUANTIZE }, [0, 63]],
  ['requantize.stickyBits', { sum: { format: 'int32' }, requantize: REQUANTIZE }, [0, undefined]],
  ['blockScale.size', { blockScale: BLOCKS }, [1, undefined]],
  ['blockScale.group', { blockScale: BLOCKS }, [1, undefined]],
  ['nanCode', {}, [0, undefined]],
];

/** What a file is told that has this number there; nothing where it is taken. */
function said(path: string, around: object, value: number): string {
  const unit = structuredClone({ a: 'fp16', b: 'fp16', sum: { format: 'fp16' }, ...around });
  const steps = path.split('.');
  const last = steps.pop() as string;
  const place = steps.reduce((at: Record<string, unknown>, step) => at[step] as Record<string, unknown>, unit);
  place[last] = value;
  try {
    parseDatapath(stringify(unit), 'unit.yaml');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(FIELDS)('%s', (path, around, [least, most]) => {
  it('is taken up to its limits, as far as these go, and refused beyond them by their name', () => {
    const field = path.replace(/\.(\d)$/, '[$1]');
    for (const [limit, beyond, words] of [
      [least, -1, 'at least'],
      [most, 1, 'at most'],
    ] as const) {
      if (limit === undefined) continue;
      // Another field may still refuse it, by words of its own.
      expect(said(path, around, limit)).not.toMatch(/must be at (least|most) -?\d/);
      const message = said(path, around, limit + beyond);
      expect(message.replace(/\.(\d)\b/, '[$1]')).toContain(
        `${field}: must be ${words} ${limit}, found ${limit + beyond}`,
      );
    }
    if (most === undefined) expect(said(path, around, 1e9)).not.toMatch(/must be at most -?\d/);
  });
});

it('of chunks, registers, leaves and places there are some', () => {
  expect(said('order.indices', { order: { kind: 'permuted', indices: [] } }, [] as never)).toContain(
    'order.indices: must',
  );
  expect(said('name', {}, '' as never)).toContain('name: must');
});
