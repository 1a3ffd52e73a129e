import { expect, it } from 'vitest';
import { arrayShareOf } from '../../../src/outputs/tables/results.js';
import type { RunResult } from '../../../src/simulate/run.js';

const at = (place: string, macs?: number) => ({
  place,
  job: macs === undefined ? undefined : { m: macs, n: 2, k: 3, groups: 1 },
});

it('the share of the array is of all products, whatever does nothing of them', () => {
  const shareOf = (...placements: object[]) => arrayShareOf({ placements } as unknown as RunResult);
  expect(shareOf(at('array', 5), at('array'))).toBeUndefined();
  expect(shareOf(at('array', 5), at('beside', 1), at('beside', 2), at('beside'))).toBe(5 / 8);
  expect(shareOf(at('beside', 1), at('beside', 2))).toBe(0);
});
