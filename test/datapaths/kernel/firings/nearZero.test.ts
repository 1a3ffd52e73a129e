import { expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import { type AlignedCombine, type Datapath, datapath, sumFit } from '../../../../src/datapaths/datapath.js';
import { codeArray, compileGemm } from '../../../../src/datapaths/kernel/index.js';
import { referenceGemm } from '../../../../src/datapaths/kernel/float64/reference.js';
import { formatNamed } from '../../../../src/formats/catalog.js';
import { type FloatFormat, widthOf } from '../../../../src/formats/format.js';
import { generator } from '../jobs.js';

/** Aligned sums of the smallest operands, where sums are subnormal, and of a few binades, where hardly anything is cut. */
const aligned = (rest: Partial<AlignedCombine>): AlignedCombine => ({
  kind: 'aligned',
  fractionBits: 14,
  truncate: 'rtz',
  productExponent: 'unnormalised',
  sumInside: true,
  ...rest,
});
const own = (name: string, rest: Partial<AlignedCombine>, sum = 'fp16'): Datapath => {
  const e5m2 = formatNamed('e5m2');
  return datapath({ name, a: e5m2, b: e5m2, sum: sumFit(sum), lanes: 4, combine: aligned(rest) });
};
const UNITS = [
  ...['hopper-e5m2-fp16', 'cdna3-xf32-fp32', 'cdna3-fp16-fp32', 'cdna3-e5m2fnuz-fp32'].map(datapathNamed),
  own('floor', { truncate: 'floor' }),
  own('even and odd lanes', { evenOdd: true }),
  own('even and odd lanes, floor', { evenOdd: true, truncate: 'floor' }),
  own('zeros', { zerosAlign: true }, 'fp32'),
  ...[4, 5, 6, 7, 8].map((fractionBits) =>
    own(`normalised ${fractionBits}`, { fractionBits, productExponent: 'normalised' }, 'fp32'),
  ),
];
const JOBS = 60;

it.each(UNITS.flatMap((unit) => [0, 1].map((first) => [unit.name, first, unit] as const)))(
  '%s from binade %i up',
  (name, first, unit) => {
    const format = unit.a as FloatFormat;
    const { mantissaBits, bias, paddingBits = 0 } = format;
    const next = generator(name.length);
    const [gemm, reference] = [compileGemm(unit), referenceGemm(unit, unit.order, '')];
    const [m, n, k] = [4, 8, 3 * unit.lanes];
    for (let job = 0; job < JOBS; job++) {
      const low = first === 0 ? 0 : bias;
      const [a, b] = [m * k, k * n].map((length) =>
        codeArray(format, length).map(() => {
          const magnitude = Math.floor((low + 3 * next()) * 2 ** mantissaBits) * 2 ** paddingBits;
          return magnitude + (next() < 0.5 ? 2 ** (widthOf(format) - 1) : 0);
        }),
      );
      expect(gemm.sums({ m, n, k, a, b })).toEqual(reference.sums({ m, n, k, a, b }));
    }
  },
);
