import { expect, it } from 'vitest';
import type { Requantize } from '../../src/datapaths/datapath.js';
import { requantizeInstance } from '../../src/datapaths/rtl/dot.js';
import { int } from '../../src/formats/catalog.js';

const stage = (parts: Omit<Requantize, 'format'>) =>
  requantizeInstance({ format: int(8), ...parts }, int(32)).parameters;

it('a requantizer takes for what is left out what the arithmetic takes: 1, no shift, half to even, all bits seen', () => {
  for (const kind of ['gemmlowp-double', 'gemmlowp-single', 'float'] as const)
    expect(stage({ kind })).toEqual(stage({ kind, multiplier: 1, bias: 0, zeroPoint: 0, clamp: [-128, 127] }));
  expect(stage({ kind: 'shift' })).toEqual(stage({ kind: 'shift', shift: 0, rounding: 'half-even', stickyBits: 128 }));
  // 1 is 2^30 / 2^31 * 2^1, and 0x3f800000 in float32.
  expect(stage({ kind: 'gemmlowp-double' })).toMatchObject({ KIND: 1, Q31: 2 ** 30, SHIFT: 1 });
  expect(stage({ kind: 'gemmlowp-single' })).toMatchObject({ KIND: 2, Q31: 2 ** 30, SHIFT: 1 });
  expect(stage({ kind: 'float' })).toMatchObject({ MULTIPLIER: 0x3f800000 });
  expect(stage({ kind: 'shift' })).toMatchObject({ KIND: 0, SHIFT: 0, ROUNDING: 0, STICKY: 128, MIN: -128, MAX: 127 });
});
