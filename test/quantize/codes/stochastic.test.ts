import { describe, expect, it } from 'vitest';
import { valuesOf } from '../../../src/datapaths/kernel/index.js';
import { FORMATS, formatNamed } from '../../../src/formats/catalog.js';
import { type FloatFormat, widthOf } from '../../../src/formats/format.js';
import { stochasticRounder } from '../../../src/quantize/codes/stochastic.js';
import { randomFrom } from '../../../src/random/random.js';

/** Every binary float with a sign of at most 16 bits that has a zero. */
const FLOATS = FORMATS.flatMap((format) =>
  format.kind === 'float' && format.radix === 2 && format.signed && widthOf(format) <= 16 && format.lowest !== 'none'
    ? [[format.name, format] as const]
    : [],
);

describe.each(FLOATS)('stochastic rounding to %s', (_name, format) => {
  // Both zeros are one value.
  const finite = Array.from(valuesOf(format)).filter(Number.isFinite);
  const values = Float64Array.from(new Set(finite.map((value) => value + 0))).sort();

  it('gives one of the two neighbours, with the draw deciding which', () => {
    const random = randomFrom(2);
    for (let i = 0; i < 400; i++) {
      const at = random.below(values.length - 1);
      const [below, above] = [values[at], values[at + 1]];
      const share = random.between(0.01, 0.99);
      const x = below + (above - below) * share;
      // By magnitude: a draw below the distance to the smaller neighbour goes up.
      const [inner, outer] = Math.abs(below) < Math.abs(above) ? [below, above] : [above, below];
      const beyond = Math.abs((x - inner) / (outer - inner));
      expect(stochasticRounder(format, () => 1 - beyond + 1e-6)(x)).toBeCloseTo(outer, 40);
      expect(stochasticRounder(format, () => 1 - beyond - 1e-6)(x) + 0).toBeCloseTo(inner + 0, 40);
    }
  });

  it('leaves what the format holds, and saturates', () => {
    for (let i = 0; i < values.length; i += Math.max(1, Math.floor(values.length / 500)))
      for (const drawn of [0, 0.999999]) expect(stochasticRounder(format, () => drawn)(values[i])).toBe(values[i]);
    const largest = values[values.length - 1];
    for (const x of [0, -0, Infinity, -Infinity, Number.NaN]) expect(stochasticRounder(format, () => 0.5)(x)).toBe(x);
    expect(stochasticRounder(format, () => 0.9)(-largest * 3)).toBe(-largest);
  });
});

it('has no bias: an update below half an ulp arrives in the mean, where nearest rounding loses it', () => {
  const random = randomFrom(7);
  const round = stochasticRounder(formatNamed('dlfloat16') as FloatFormat, () => random.unit());
  let x = 1;
  for (let i = 0; i < 20_000; i++) x = round(x + 2 ** -14);
  // 1 + 20000 / 16384 = 2.22; a step is an ulp of 2^-9 with probability 2^-5, a deviation of about 0.05.
  expect(Math.abs(x - 2.2207)).toBeLessThan(0.2);
});
