import { formatNamed } from '../../formats/catalog.js';
import { type Datapath, datapath, sumFit } from '../datapath.js';
import { documented, type Evidence, guessed, recalled, type Sourced } from './sourced.js';

/** Accelerators: open RTL read at its source, and IBM's published training units. */
function unit(parts: Parameters<typeof datapath>[0], chips: readonly string[], evidence: Evidence): Sourced {
  return { datapath: datapath(parts), chips, evidence, fields: {} };
}

const CACC = documented('nvdla/hw, NV_NVDLA_CACC_CALC_int8.v');

/**
 * NVDLA's CMAC sums a stripe exactly; CACC's accumulator saturates at every addition. The result is shifted by
 * cfg_truncate (set `requantize.shift`), half away from zero with 15 sticky bits only, and saturates to int32.
 */
function nvdla(name: string, operand: string, lanes: number, register: string): Datapath {
  const format = formatNamed(operand);
  const stage = { kind: 'shift', shift: 0, rounding: 'half-away', stickyBits: 15 } as const;
  return datapath({
    name,
    a: format,
    b: format,
    lanes,
    combine: { kind: 'fused', sumInside: true },
    sum: sumFit(register, { overflow: 'saturate' }),
    requantize: { ...stage, format: formatNamed('int32') },
  });
}

const NVDLA: readonly Sourced[] = [
  { datapath: nvdla('nvdla-small-int8', 'int8', 8, 'int34'), chips: ['nv_small'], evidence: CACC, fields: {} },
  {
    datapath: nvdla('nvdla-full-int8', 'int8', 64, 'int34'),
    chips: ['nv_full'],
    evidence: CACC,
    fields: { lanes: recalled('nv_full: 64 x 16 multipliers') },
  },
  {
    datapath: nvdla('nvdla-full-int16', 'int16', 64, 'int48'),
    chips: ['nv_full'],
    evidence: documented('nvdla/hw nvdlav1, ports of NV_NVDLA_CACC_CALC_int16.v'),
    fields: { lanes: recalled('nv_full: 64 x 16 multipliers'), requantize: guessed('as for int8') },
  },
];

const SCALA = documented('ucb-bar/gemmini 8c3f992: Configs.scala, PE.scala, Arithmetic.scala');
const int8 = formatNamed('int8');
const int20 = formatNamed('int20');
const int32 = sumFit('int32', { overflow: 'wrap' });

const GEMMINI: readonly Sourced[] = [
  {
    // Partial sums run down a column of 16 PEs in 20 bits that wrap, and are added up in the accumulator memory.
    datapath: datapath({
      name: 'gemmini-ws',
      a: int8,
      b: int8,
      sum: sumFit(int20, { overflow: 'wrap' }),
      order: { kind: 'chunked', length: 16, outer: int32 },
    }),
    chips: ['Gemmini default, 16 x 16'],
    evidence: SCALA,
    fields: { 'order.outer.overflow': guessed('a Chisel addition of 32 bits wraps') },
  },
  {
    // 32 bits in the PE; on the way out c >> shift, half to even, and clipped to 20 bits.
    datapath: datapath({
      name: 'gemmini-os',
      a: int8,
      b: int8,
      sum: int32,
      requantize: { kind: 'shift', shift: 0, rounding: 'half-even', format: int20 },
    }),
    chips: ['Gemmini default, 16 x 16'],
    evidence: SCALA,
    fields: {},
  },
];

const dlfloat16 = sumFit('dlfloat16', { rounding: 'rna' });
const IN_CHUNKS = { kind: 'chunked', length: 64 } as const;
const RAPID = ['RaPiD (7 nm, ISCA 2021)'];
const DLFLOAT: Evidence = documented('US patent 10,656,913: no subnormals, ties away from zero');
const CHUNKS: Evidence = {
  confidence: 'looked-up',
  source: 'Wang et al., NeurIPS 2018: chunks of 64 in 1-6-9 floats; that the chip does the same is recalled',
};

/** IBM: exact products into dlfloat16, chunks of 64 summed apart. */
function ibm(name: string, a: string, b: string, operands: Evidence, chips = RAPID): Sourced {
  const parts = { name, a: formatNamed(a), b: formatNamed(b), sum: dlfloat16, order: IN_CHUNKS };
  return { datapath: datapath(parts), chips, evidence: operands, fields: { sum: DLFLOAT, order: CHUNKS } };
}

const PAPER = ['none: a unit of the paper'];
const HFP8 = recalled('Sun et al., NeurIPS 2019: 1-4-3 forward (bias 11 by its range), 1-5-2 backward; 1-5-3 inside');
const FP4: Evidence = {
  confidence: 'looked-up',
  source: 'Sun et al., NeurIPS 2020, by its reviews and US patent 12,443,841: int4 forward, radix-4 1-3-0 gradients',
};

const IBM: readonly Sourced[] = [
  ibm('ibm-hfp8-forward', 'hfp8', 'hfp8', HFP8),
  ibm('ibm-hfp8-backward', 'hfp8', 'hfp8e5m2', HFP8),
  ibm('ibm-fp8', 'hfp8e5m2', 'hfp8e5m2', recalled('Wang et al., NeurIPS 2018: 1-5-2 operands'), PAPER),
  ibm('ibm-fp4', 'radix4', 'int4', FP4, PAPER),
  ibm('ibm-fp4-odd', 'radix4odd', 'int4', FP4, PAPER),
  unit(
    { name: 'ibm-dlfloat16', a: formatNamed('dlfloat16'), b: formatNamed('dlfloat16'), sum: dlfloat16 },
    RAPID,
    DLFLOAT,
  ),
];

const TPU = unit({ name: 'tpu-v1', a: int8, b: int8, sum: int32 }, ['TPU v1'], {
  confidence: 'looked-up',
  source: 'Jouppi et al., ISCA 2017: 8-bit operands, 32-bit accumulators; wrapping is recalled',
});

export const NPU: readonly Sourced[] = [...NVDLA, ...GEMMINI, ...IBM, TPU];
