import { formatNamed } from '../../formats/catalog.js';
import { fitTo } from '../../formats/codec.js';
import { type AlignedCombine, type Datapath, datapath, sumFit } from '../datapath.js';
import { disputed, documented, MMA_SIM, type Sourced } from './sourced.js';

/** AMD's matrix cores (MFMA). No captured rows: MMA-Sim's description, which its authors compared with the chips. */
const CDNA1 = ['MI100'];
const CDNA2 = ['MI210', 'MI250', 'MI250X'];
const CDNA3 = ['MI300A', 'MI300X'];
const FLUSH = documented('ROCm MIOpen documentation, "MI200 MFMA behavior"');
const PAIRWISE = disputed(
  'pairwise with a rounding each: MMA-Sim; exact sum of 4 and C, one rounding: Khattak & Mikaitis',
);

function unit(name: string, a: string, chips: readonly string[], rest: Partial<Datapath>): Sourced {
  const format = formatNamed(a);
  return {
    datapath: datapath({ name, a: format, b: format, sum: sumFit('fp32'), ...rest }),
    chips,
    evidence: MMA_SIM,
    fields: {},
  };
}

/** ((p0 + p1) + (p2 + p3)) with a rounding at every node, then the running sum. */
function pairwise(name: string, a: string, chips: readonly string[], lanes: number, flush = false): Sourced {
  const sum = sumFit('fp32', { subnormals: flush ? 'flush' : 'keep' });
  const rest = { lanes, product: sum, combine: { kind: 'tree', node: sum } as const, sum };
  const entry = unit(name, a, chips, rest);
  const fields: Sourced['fields'] = flush ? { operands: FLUSH, 'sum.subnormals': FLUSH } : { combine: PAIRWISE };
  return { ...entry, fields };
}

/** fma by fma in k order. */
function sequential(name: string, a: string, chips: readonly string[]): Sourced {
  return unit(name, a, chips, { sum: fitTo(formatNamed(a)) });
}

/** Where a product of 2^128 or more meets an infinite running sum, the one source leaves open what it means. */
const INFINITE_PRODUCT = disputed(
  'such a product counts as infinite here, so that with an infinite sum of the other sign the result is NaN (0x7f00 x 0xc100 + infinity in bf16); MMA-Sim c785138 gives infinity, in a branch that it marks as unfinished',
);

/** Products aligned and cut; then their sum is floored at 31 bits and the running one at 24, and both are added. */
const CUT_TWICE: AlignedCombine = {
  kind: 'aligned',
  fractionBits: 24,
  truncate: 'rtz',
  productExponent: 'unnormalised',
  sumInside: true,
  zerosAlign: true,
  productOverflow: 128,
  twoStage: { productFractionBits: 31, sumFractionBits: 24, truncate: 'floor' },
};

function cutTwice(name: string, a: string, lanes: number): Sourced {
  const entry = unit(name, a, CDNA3, { lanes, combine: CUT_TWICE });
  // Products of fp16 and fp8 operands stay far below.
  return a === 'fp16' ? entry : { ...entry, fields: { 'combine.productOverflow': INFINITE_PRODUCT } };
}

/** As above on even and odd lanes apart; a running sum more than 25 exponents down is dropped. */
function split(name: string, a: string, b = a): Sourced {
  const twoStage = { productFractionBits: 31, sumFractionBits: 24, truncate: 'floor', dropSumBelow: 25 } as const;
  const combine: AlignedCombine = { ...CUT_TWICE, evenOdd: true, twoStage };
  return unit(name, a, CDNA3, { b: formatNamed(b), lanes: 16, combine });
}

export const AMD: readonly Sourced[] = [
  pairwise('cdna1-fp16-fp32', 'fp16', CDNA1, 4),
  {
    ...unit('cdna1-fp16-fp32-fused', 'fp16', CDNA1, { lanes: 4, combine: { kind: 'fused', sumInside: true } }),
    fields: { combine: PAIRWISE },
  },
  pairwise('cdna1-bf16-fp32', 'bf16', CDNA1, 2),
  pairwise('cdna2-fp16-fp32', 'fp16', CDNA2, 4, true),
  pairwise('cdna2-bf16-fp32', 'bf16', CDNA2, 4, true),
  sequential('cdna2-fp32', 'fp32', [...CDNA1, ...CDNA2, ...CDNA3]),
  sequential('cdna2-fp64', 'fp64', [...CDNA2, ...CDNA3]),
  cutTwice('cdna3-fp16-fp32', 'fp16', 8),
  cutTwice('cdna3-bf16-fp32', 'bf16', 8),
  cutTwice('cdna3-xf32-fp32', 'tf32', 4),
  split('cdna3-e4m3fnuz-fp32', 'e4m3fnuz'),
  split('cdna3-e5m2fnuz-fp32', 'e5m2fnuz'),
  split('cdna3-e4m3fnuz-e5m2fnuz-fp32', 'e4m3fnuz', 'e5m2fnuz'),
];
