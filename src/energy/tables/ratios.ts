import type { EnergyEntry } from '../table.js';

/**
 * Energy of MAC units as ratios to int8 x int8 with a 32-bit accumulator, from gate-level toggle simulation of synthesised
 * units on two open libraries: ASAP7 (7 nm predictive) and IHP SG13G2 (130 nm). Random operands; no glitches, wires, clock
 * tree or timing constraint, so ratios are usable and absolute figures are not. The note names the unit that was measured
 * where it is not the one asked for: a neighbour that costs about as much, or more.
 */
interface Ratio {
  action: string;
  asap7: number;
  ihp130: number;
  note?: string;
}

const E4M3_FP16 = { asap7: 1.05, ihp130: 0.98 };
const E4M3_FP32 = { asap7: 1.46, ihp130: 1.39 };

const RATIOS: readonly Ratio[] = [
  { action: 'mac:int4*int4+int16', asap7: 0.42, ihp130: 0.47, note: 'measured with a 24-bit accumulator' },
  { action: 'mac:int16*int16+int48', asap7: 3.06, ihp130: 2.88 },
  { action: 'mac:binary*binary+int16', asap7: 0.0123, ihp130: 0.0125, note: 'one lane of 64' },
  { action: 'mac:radix4*int4+int24q6', asap7: 0.35, ihp130: 0.4 },
  { action: 'mac:e4m3fn*e4m3fn+fp16', ...E4M3_FP16 },
  { action: 'mac:e5m2*e5m2+fp16', asap7: 0.91, ihp130: 0.87 },
  { action: 'mac:e4m3fn*e4m3fn+fp32', ...E4M3_FP32 },
  { action: 'mac:e5m2*e5m2+fp32', ...E4M3_FP32, note: 'measured with E4M3 operands' },
  { action: 'mac:e4m3fn*e5m2+fp32', ...E4M3_FP32, note: 'measured with E4M3 operands' },
  { action: 'mac:radix4*int4+dlfloat16', ...E4M3_FP16, note: 'measured with E4M3 operands and an fp16 accumulator' },
];

export type Library = 'asap7' | 'ihp130';
const LIBRARIES: Record<Library, string> = { asap7: 'ASAP7', ihp130: 'IHP SG13G2' };

/** The ratios of one library on an int8 MAC of `pj`, as entries: all extrapolated. */
export function scaledEntries(
  library: Library,
  pj: number,
  base: Pick<EnergyEntry, 'source' | 'node' | 'voltage'>,
): EnergyEntry[] {
  return RATIOS.map((ratio) => ({
    ...base,
    action: ratio.action,
    pj: pj * ratio[library],
    source: `${base.source}, int8 MAC x gate-level ratio ${ratio[library]} (${LIBRARIES[library]}${ratio.note === undefined ? '' : `; ${ratio.note}`})`,
    extrapolated: true,
  }));
}
