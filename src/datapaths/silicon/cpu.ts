import { formatNamed } from '../../formats/catalog.js';
import { type Combine, datapath, sumFit, type SumFit } from '../datapath.js';
import { documented, type Evidence, recalled, type Sourced } from './sourced.js';

/** Dot product instructions of CPUs. */
const MEASURED: Evidence = {
  confidence: 'silicon',
  source: 'measured on an AMD EPYC (Zen 5), every result reproduced by an independent model',
};
const X86 = ['Zen 4', 'Zen 5', 'Cooper Lake and later'];
const ARM = ['Armv8.6-A'];
const QEMU = documented('QEMU target/arm/tcg/vec_helper.c, bfdotadd');

const FUSED: Combine = { kind: 'fused', sumInside: true };

/** A sum of exact integer products that wraps, or saturates once after all of a step. */
function integer(
  name: string,
  [a, b]: readonly [string, string],
  lanes: number,
  overflow: 'wrap' | 'saturate',
  evidence = MEASURED,
): Sourced {
  const operands = { a: formatNamed(a), b: formatNamed(b) };
  const chips = evidence === MEASURED ? X86 : ARM;
  const sum = sumFit('int32', { overflow });
  return { datapath: datapath({ name, ...operands, lanes, combine: FUSED, sum }), chips, evidence, fields: {} };
}

const bf16 = formatNamed('bf16');
const flushed: SumFit = sumFit('fp32', { subnormals: 'flush' });

/** fma with the odd element, then with the even one; subnormals are zero on the way in and out, whatever MXCSR says. */
const VDPBF16PS: Sourced = {
  datapath: datapath({
    name: 'avx512-vdpbf16ps',
    a: bf16,
    b: bf16,
    sum: flushed,
    order: { kind: 'permuted', indices: [1, 0] },
    nanCode: 0xffc00000,
  }),
  chips: X86,
  evidence: MEASURED,
  fields: {
    nanCode: { ...MEASURED, source: `${MEASURED.source}; a NaN operand is passed on instead, which is not modelled` },
  },
};

/** Pairs of u8 x s8 products saturate to int16 before anything else sees them. */
const VPMADDUBSW: Sourced = {
  datapath: datapath({
    name: 'avx2-vpmaddubsw',
    a: formatNamed('uint8'),
    b: formatNamed('int8'),
    lanes: 2,
    combine: { kind: 'tree', node: sumFit('int16', { overflow: 'saturate' }) },
    sum: sumFit('int32', { overflow: 'wrap' }),
  }),
  chips: X86,
  evidence: MEASURED,
  fields: { sum: recalled('the usual VPMADDWD by ones and VPADDD after it') },
};

const toOdd: SumFit = sumFit('fp32', {
  rounding: 'rto',
  overflow: 'infinity',
  subnormals: 'flush',
  tininess: 'before',
});

/** RO(acc + RO(RO(a0 b0) + RO(a1 b1))): to odd at every step, FPCR ignored. */
const BFDOT: Sourced = {
  datapath: datapath({
    name: 'arm-bfdot',
    a: bf16,
    b: bf16,
    product: toOdd,
    lanes: 2,
    combine: { kind: 'tree', node: toOdd },
    sum: toOdd,
    nanCode: 0x7fc00000,
  }),
  chips: ARM,
  evidence: QEMU,
  fields: {},
};

/** FPCR.EBF = 1: both products and their sum with one rounding, then the accumulator. */
const BFDOT_EBF: Sourced = {
  datapath: datapath({
    name: 'arm-bfdot-ebf1',
    a: bf16,
    b: bf16,
    lanes: 2,
    combine: { kind: 'fused', sumInside: false },
    sum: sumFit('fp32'),
    nanCode: 0x7fc00000,
  }),
  chips: ARM,
  evidence: documented('QEMU, the patch that added FPCR.EBF'),
  fields: {},
};

export const CPU: readonly Sourced[] = [
  VDPBF16PS,
  integer('avx512-vpdpbusd', ['uint8', 'int8'], 4, 'wrap'),
  integer('avx512-vpdpbusds', ['uint8', 'int8'], 4, 'saturate'),
  integer('avx512-vpdpwssd', ['int16', 'int16'], 2, 'wrap'),
  integer('avx512-vpdpwssds', ['int16', 'int16'], 2, 'saturate'),
  VPMADDUBSW,
  BFDOT,
  BFDOT_EBF,
  integer('arm-sdot', ['int8', 'int8'], 4, 'wrap', recalled('Arm architecture reference manual, SDOT')),
];
