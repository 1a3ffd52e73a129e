import { describe, expect, it } from 'vitest';
import { freeRange } from '../../../../src/datapaths/kernel/nests/intNest.js';

describe('how far sums may go between two looks', () => {
  it.each([
    // An eighth of 65535 is 8191 steps of 1, and 64 pairs are the most.
    [-32768, 32767, 1, true, { pairs: 64, low: -32640, high: 32639 }],
    [-32768, 32767, 1, false, { pairs: 64, low: -32768, high: 32639 }],
    [-32768, 32767, 63, true, { pairs: 64, low: -24704, high: 24703 }],
    [-32768, 32767, 64, true, { pairs: 63, low: -24704, high: 24703 }],
    [-32768, 32767, 65, true, { pairs: 63, low: -24578, high: 24577 }],
    [-32768, 32767, 1024, true, { pairs: 4, low: -24576, high: 24575 }],
    [-32768, 32767, 4095, true, { pairs: 4, low: -8, high: 7 }],
    [-32768, 32767, 4096, true, undefined],
    [0, 255, 31, false, { pairs: 4, low: 0, high: 7 }],
    [0, 248, 31, false, undefined],
    [0, 249, 31, false, { pairs: 4, low: 0, high: 1 }],
  ] as const)('%i..%i, products of %i, negative ones %s', (low, high, product, negative, expected) =>
    expect(freeRange(low, high, product, negative)).toEqual(expected),
  );
});
