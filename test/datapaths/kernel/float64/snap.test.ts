import { describe, expect, it } from 'vitest';
import { snapByRule, snapperOf } from '../../../../src/datapaths/kernel/float64/snap.js';
import { MODES } from '../../../../src/datapaths/kernel/steps/modes.js';
import { ROUNDING_RULES, ROUNDINGS } from '../../../../src/formats/rounding.js';

describe('snapping to a multiple', () => {
  it.each(ROUNDINGS)('%s in few steps is what its rule gives, on both sides and at every eighth', (rounding) => {
    const [quick, byRule] = [snapperOf(rounding), snapByRule(ROUNDING_RULES[rounding])];
    let checked = 0;
    for (const q of [2 ** -20, 1, 2 ** 30])
      for (let eighths = -80; eighths <= 80; eighths++) {
        const x = (eighths / 8) * q;
        expect([x / q, quick(x, q, 0) / q]).toEqual([x / q, byRule(x, q, 0) / q]);
        checked++;
      }
    expect(checked).toBe(483);
  });

  it('is done in lanes by roundings that see no sign', () => {
    for (const name of ROUNDINGS.filter((each) => Object.hasOwn(MODES, each)))
      for (const half of [-1, 0, 1])
        for (const odd of [false, true]) {
          const { up } = ROUNDING_RULES[name];
          expect(up(half, odd, true)).toBe(up(half, odd, false));
        }
  });
});
