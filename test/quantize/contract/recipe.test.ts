import { expect, it } from 'vitest';
import { guarded } from '../../../src/quantize/contract/recipe.js';
import { scheme } from '../../../src/quantize/contract/scheme.js';
import { maximum } from '../../../src/quantize/ranges/maximum.js';

it('first and last layer go one way, all between another', () => {
  const of = (format: string) => ({ input: scheme(format, maximum()), weight: scheme(format, maximum()) });
  const [ends, middle] = [of('int8'), of('int4')];
  for (let count = 1; count <= 5; count++)
    for (let index = 0; index < count; index++)
      expect(guarded(ends, middle)({ index, count })).toBe([0, count - 1].includes(index) ? ends : middle);
});
