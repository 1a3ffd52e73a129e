import { formatNamed } from '../../formats/catalog.js';
import { type AlignedCombine, type Datapath, datapath, sumFit, type SumFit } from '../datapath.js';
import { disputed, type Evidence, guessed, MMA_SIM, recalled, type Sourced } from './sourced.js';

/**
 * NVIDIA's tensor cores. One formula with three numbers (products fused, fraction bits, final rounding) gives the bits of
 * every generation: arXiv:2512.07004, and 48,000 rows captured from eight GPUs.
 */
const ROWS: Evidence = {
  confidence: 'silicon',
  source: 'rows captured from the GPU: Khattak & Mikaitis, MATLAB-tensor-core b12b5a7, arXiv:2512.07004',
};
const FLOOR = disputed(
  'C = 0 with products below fp32: MMA-Sim has a floor of -126, Khattak & Mikaitis -133 (Hopper, Blackwell), -132 (Ampere, Ada), none (Volta)',
);
const ZEROS = disputed('MMA-Sim lets zeros into the maximum with exponent -126; Khattak & Mikaitis drop them');

/** What the rows do not reach: subnormal and infinite 16-bit operands, overflow, NaN. */
const BEYOND_ROWS: Record<string, Evidence> = {
  operands: MMA_SIM,
  nanCode: MMA_SIM,
  'sum.overflow': MMA_SIM,
  'sum.subnormals': MMA_SIM,
  'combine.exponentFloor': FLOOR,
  'combine.zerosAlign': ZEROS,
};

interface Shape {
  lanes: number;
  fractionBits: number;
}

type Sums = 'fp32' | 'fp16' | 'e8m13';

/** fp32 sums are cut, fp16 sums rounded to nearest; e8m13 is an fp32 word whose low 10 bits are zero. */
function sumOf(kind: Sums): Pick<Datapath, 'sum' | 'nanCode'> {
  if (kind === 'fp16') return { sum: sumFit('fp16', { overflow: 'infinity' }), nanCode: 0x7fff };
  const word: SumFit = sumFit('fp32', { rounding: 'rtz', overflow: 'infinity' });
  return { sum: kind === 'e8m13' ? { ...word, keptMantissaBits: 13 } : word, nanCode: 0x7fffffff };
}

function aligned(fractionBits: number, rest: Partial<AlignedCombine> = {}): AlignedCombine {
  return {
    kind: 'aligned',
    fractionBits,
    truncate: 'rtz',
    productExponent: 'unnormalised',
    sumInside: true,
    ...rest,
  };
}

function tensorCore(
  name: string,
  [a, b]: readonly [string, string],
  { lanes, fractionBits }: Shape,
  sum: Sums,
  rest: Partial<Datapath> = {},
): Datapath {
  const operands = { a: formatNamed(a), b: formatNamed(b) };
  return datapath({ name, ...operands, lanes, combine: aligned(fractionBits), ...sumOf(sum), ...rest });
}

/** A generation's units: operands, lanes, fraction bits, sums. Word e8m13 is written fp32 in a name. */
interface Generation {
  name: string;
  chips: readonly string[];
  evidence: Evidence;
  units: readonly (readonly [operands: string, shape: Shape, sum: Sums])[];
}

const F16 = ['fp16', 'bf16'] as const;

function halfUnits(shape: Shape): Generation['units'] {
  return [...F16.map((a) => [a, shape, 'fp32'] as const), ['fp16', shape, 'fp16']];
}

function fp8Units(shape: Shape, sums: readonly Sums[]): Generation['units'] {
  const pairs = ['e4m3fn', 'e5m2', 'e4m3fn e5m2', 'e5m2 e4m3fn'];
  return pairs.flatMap((pair) => sums.map((sum) => [pair, shape, sum] as const));
}

const AMPERE = { lanes: 8, fractionBits: 24 };
const HOPPER = { lanes: 16, fractionBits: 25 };
const TCGEN05 = { lanes: 32, fractionBits: 25 };

const GENERATIONS: readonly Generation[] = [
  {
    name: 'volta',
    chips: ['V100'],
    evidence: ROWS,
    units: [
      ['fp16', { lanes: 4, fractionBits: 23 }, 'fp32'],
      ['fp16', { lanes: 4, fractionBits: 23 }, 'fp16'],
    ],
  },
  {
    name: 'turing',
    chips: ['T4', 'RTX 20'],
    evidence: MMA_SIM,
    units: [
      ['fp16', AMPERE, 'fp32'],
      ['fp16', AMPERE, 'fp16'],
    ],
  },
  {
    name: 'ampere',
    chips: ['A100', 'A2', 'A30', 'A40'],
    evidence: ROWS,
    units: [...halfUnits(AMPERE), ['tf32', { ...AMPERE, lanes: 4 }, 'fp32']],
  },
  {
    name: 'ada',
    chips: ['L40S', 'RTX 1000 Ada'],
    evidence: ROWS,
    units: [
      ...halfUnits(AMPERE),
      ['tf32', { ...AMPERE, lanes: 4 }, 'fp32'],
      ...fp8Units({ lanes: 16, fractionBits: 13 }, ['e8m13', 'fp16']),
    ],
  },
  {
    name: 'hopper',
    chips: ['H100', 'H200'],
    evidence: ROWS,
    units: [
      ...halfUnits(HOPPER),
      ['tf32', { ...HOPPER, lanes: 8 }, 'fp32'],
      ...fp8Units({ lanes: 32, fractionBits: 13 }, ['e8m13', 'fp16']),
    ],
  },
  {
    name: 'blackwell',
    chips: ['B200'],
    evidence: ROWS,
    units: [...halfUnits(HOPPER), ['tf32', { ...HOPPER, lanes: 8 }, 'fp32']],
  },
  {
    name: 'blackwell-tcgen05',
    chips: ['B200', 'RTX 5090', 'RTX PRO 6000'],
    evidence: MMA_SIM,
    units: [
      ...fp8Units(TCGEN05, ['fp32', 'fp16']),
      ...['e3m2fn', 'e2m3fn', 'e2m1fn'].map((a) => [a, TCGEN05, 'fp32'] as const),
    ],
  },
];

/** What the rows leave open in one unit: the wgmma rows have C = 0, and none has fp16 sums or mixed operands. */
function gapsOf(generation: string, operands: string, sum: Sums): Record<string, Evidence> {
  if (generation !== 'hopper' || !operands.startsWith('e')) return {};
  if (sum === 'fp16') return { sum: MMA_SIM, lanes: MMA_SIM, combine: MMA_SIM };
  return { 'combine.sumInside': MMA_SIM };
}

function unitsOf({ name, chips, evidence, units }: Generation): Sourced[] {
  return units.map(([operands, shape, sum]) => {
    const [a, b = a] = operands.split(' ');
    const unit = [name, ...operands.split(' '), sum === 'fp16' ? 'fp16' : 'fp32'].join('-');
    const fields = { ...BEYOND_ROWS, ...gapsOf(name, operands, sum) };
    return { datapath: tensorCore(unit, [a, b], shape, sum), chips, evidence, fields };
  });
}

/** The fp8 product of every 128 k is promoted to an fp32 register outside the tensor core (DeepSeek-V3, DeepGEMM). */
function promoted(): Sourced {
  const outer = sumFit('fp32');
  const base = tensorCore(
    'hopper-e4m3fn-fp32-promoted',
    ['e4m3fn', 'e4m3fn'],
    { lanes: 32, fractionBits: 13 },
    'e8m13',
  );
  return {
    datapath: { ...base, order: { kind: 'chunked', length: 128, outer } },
    chips: ['H100', 'H200'],
    evidence: ROWS,
    fields: { ...BEYOND_ROWS, order: { confidence: 'looked-up', source: 'DeepSeek-V3 report; DeepGEMM' } },
  };
}

/** k % 4 in {0, 1} first, then {2, 3}: how mma.sync deals 32 fp8 products to two fp16 steps. */
const PAIRS_FIRST = [0, 2].flatMap((pair) => Array.from({ length: 16 }, (_, i) => 4 * (i >> 1) + pair + (i & 1)));

/**
 * PTX mma.sync with fp8 operands on chips whose fp8 unit is reached by wgmma or tcgen05 only: two fp16 steps from zero
 * make the dot product of 32, and C is added to it by an addition of its own. Not the fp8 unit.
 */
function emulated(generation: string, chips: readonly string[], a: string, sum: 'fp16' | 'fp32'): Sourced {
  const outer = sumFit(sum, { overflow: 'infinity' });
  return {
    datapath: tensorCore(`${generation}-mma-${a}-${sum}`, [a, a], HOPPER, sum, {
      widened: formatNamed('fp16'),
      order: { kind: 'permuted', indices: PAIRS_FIRST, after: { kind: 'chunked', length: 32, outer } },
    }),
    chips,
    evidence: ROWS,
    fields: {
      ...BEYOND_ROWS,
      ...(sum === 'fp32' && {
        'order.indices': guessed('as for fp16 sums: the rows are exact in any order'),
        lanes: guessed('one step of 32 and two of 16 are the same on the rows'),
      }),
    },
  };
}

/** mxf8f6f4: the scales' exponents are added to every product's before the alignment. */
function microscaled(name: string, a: string): Sourced {
  const blockScale = { format: formatNamed('e8m0fnu'), size: 32, apply: 'exponent' } as const;
  const combine = aligned(25, { zerosAlign: true });
  return {
    datapath: tensorCore(`blackwell-${name}`, [a, a], TCGEN05, 'fp32', { blockScale, combine }),
    chips: ['B200', 'RTX 5090', 'RTX PRO 6000'],
    evidence: MMA_SIM,
    fields: {},
  };
}

/** mxf4 and nvf4: exact sums of 16 products, times both scales, are what is aligned. */
function grouped(name: string, scale: string, size: number): Sourced {
  const blockScale = { format: formatNamed(scale), size, apply: 'group', group: 16 } as const;
  const shape = { lanes: 64, fractionBits: 35 };
  const combine = aligned(shape.fractionBits, { zerosAlign: true });
  return {
    datapath: tensorCore(`blackwell-${name}`, ['e2m1fn', 'e2m1fn'], shape, 'fp32', { blockScale, combine }),
    chips: ['B200', 'RTX 5090', 'RTX PRO 6000'],
    evidence: MMA_SIM,
    fields: {},
  };
}

/** Plain multiply-adds: fp64 in k order, integers exact in each step. */
function others(): Sourced[] {
  const chips = ['A100', 'H100', 'H200', 'B200'];
  const fp64 = formatNamed('fp64');
  const int8 = formatNamed('int8');
  const sum = sumFit('int32', { overflow: 'wrap' });
  return [
    {
      datapath: datapath({ name: 'ampere-fp64', a: fp64, b: fp64, sum: sumFit('fp64') }),
      chips,
      evidence: MMA_SIM,
      fields: {},
    },
    {
      datapath: datapath({
        name: 'ampere-int8',
        a: int8,
        b: int8,
        lanes: 32,
        combine: { kind: 'fused', sumInside: true },
        sum,
      }),
      chips,
      evidence: recalled('PTX mma: int32 wraps, or saturates with .satfinite'),
      fields: {},
    },
  ];
}

export const NVIDIA: readonly Sourced[] = [
  ...GENERATIONS.flatMap(unitsOf),
  promoted(),
  ...['e4m3fn', 'e5m2'].map((a) => emulated('hopper', ['H100', 'H200'], a, 'fp16')),
  ...['e4m3fn', 'e5m2'].flatMap((a) => [
    emulated('blackwell', ['B200'], a, 'fp16'),
    emulated('blackwell', ['B200'], a, 'fp32'),
  ]),
  microscaled('mxfp8', 'e4m3fn'),
  microscaled('mxfp8-e5m2', 'e5m2'),
  microscaled('mxfp6', 'e3m2fn'),
  microscaled('mxfp6-e2m3', 'e2m3fn'),
  microscaled('mxfp4', 'e2m1fn'),
  grouped('mxf4', 'e8m0fnu', 32),
  grouped('nvf4', 'e4m3fn', 16),
  ...others(),
];
