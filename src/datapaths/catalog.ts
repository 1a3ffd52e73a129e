import { formatNamed, int } from '../formats/catalog.js';
import { type Datapath, datapath, sumFit } from './datapath.js';
import { findSilicon, SILICON } from './silicon/index.js';

/**
 * The datapaths by name. Adding one is one entry: the laws in test/laws then hold its kernel, clocked model and RTL
 * against the reference. Units of published chips are in silicon/.
 */
const f = formatNamed;

/** A dot product of fp8 operands into a float register, rounding after every addition; products stay exact. */
function fp8(name: string, a: string, b: string, sum: string): Datapath {
  return datapath({ name, a: f(a), b: f(b), sum: sumFit(sum) });
}

const RADIX4_FIXED = int(24, true, -6);

export const BASIC: readonly Datapath[] = [
  datapath({ name: 'int8', a: f('int8'), b: f('int8'), sum: sumFit('int32', { overflow: 'wrap' }) }),
  datapath({ name: 'int4', a: f('int4'), b: f('int4'), sum: sumFit('int16', { overflow: 'saturate' }) }),
  datapath({
    name: 'xnor',
    a: f('binary'),
    b: f('binary'),
    lanes: 64,
    combine: { kind: 'fused', sumInside: true },
    sum: sumFit('int16', { overflow: 'wrap' }),
  }),
  fp8('fp8-fp16', 'e4m3fn', 'e4m3fn', 'fp16'),
  fp8('fp8-fp32', 'e4m3fn', 'e4m3fn', 'fp32'),
  fp8('fp8-fp32-e5m2', 'e5m2', 'e5m2', 'fp32'),
  fp8('fp8-fp32-mixed', 'e4m3fn', 'e5m2', 'fp32'),
  // Radix-4 fp4 (4^-3..4^3) times int4 is a shift of the int4; in units of 2^-6 every product is an integer below 2^16.
  datapath({
    name: 'radix4',
    a: f('radix4'),
    b: f('int4'),
    sum: sumFit(RADIX4_FIXED, { overflow: 'saturate' }),
  }),
  datapath({
    name: 'radix4-fp16',
    a: f('radix4'),
    b: f('int4'),
    sum: sumFit('dlfloat16', { rounding: 'rna' }),
    order: { kind: 'chunked', length: 64 },
  }),
];

/** Every named datapath, in the order of the catalogue. */
export const DATAPATHS: readonly Datapath[] = [...BASIC, ...SILICON.map(({ datapath: unit }) => unit)];

const byName = new Map(DATAPATHS.map((entry) => [entry.name, entry]));

/** By its name, or by a chip's name in place of its generation's: `h100-fp16-fp32`. */
export function findDatapath(name: string): Datapath | undefined {
  return byName.get(name) ?? findSilicon(name)?.datapath;
}

/** @throws RangeError naming the datapath and what there is */
export function datapathNamed(name: string): Datapath {
  const found = findDatapath(name);
  if (found !== undefined) return found;
  throw new RangeError(`unknown datapath "${name}": there are ${[...byName.keys()].join(' ')}`);
}
