/**
 * banks: the adders of a whole array of PEs, for clocked models: in lanes where they suit, else one PE after the other.
 */

import { type Format, widthOf } from '../../../formats/format.js';
import { type Datapath, registerFitOf, type SumFit } from '../../datapath.js';
import type { Bank, BankJob, Met, Plane } from '../contract/bank.js';
import type { Engine } from '../contract/engine.js';
import type { RandomSource } from '../contract/random.js';
import { decoderOf } from '../float64/values.js';
import { type Adders, drawsIn, type FloatAdders, intAdders, stepOf, watches, widthIn } from './adders.js';
import { floatAdders } from './floatAdders.js';
import { LaneDraws } from './draws.js';
import { bankKernel, BankRegisters, type View } from './memory.js';
import { bankFunction, BLOCK } from './nest.js';
import { encoderIn } from '../steps/codes.js';
import { engineBank } from './engineBank.js';
import { exponentOf, plainReader } from '../panels/operands.js';
import { Arena, type Kernel, sharedMemory } from '../../../wasm/memory.js';

/** A unit of which banks are made: its engine, the register that sums are joined in, and where random bits come from. */
export interface BankUnit {
  datapath: Datapath;
  engine: Engine;
  total: SumFit;
  source?: RandomSource;
}

/** Adders in SIMD lanes, which round as the kernels of matrix products do; undefined where they do not suit the datapath. */
export function laneBanks(unit: BankUnit): (job: BankJob) => Bank | undefined {
  const { datapath, source } = unit;
  const { a, b, sum } = datapath;
  const { plain, tableOf } = plainReader(datapath);
  const narrow = widthOf(a) <= 16 && widthOf(b) <= 16;
  return (job) => {
    const ints = narrow && datapath.product === 'exact' ? intBank(unit, job) : undefined;
    if (ints !== undefined || (typeof sum.rounding !== 'string' && source?.leaps === undefined)) return ints;
    const operands = [plain(a, job.a), plain(b, job.b)] as const;
    const adders = floatAdders(datapath, operands, job.k);
    return (
      adders &&
      floatBank(
        unit,
        job,
        adders,
        exponentReader(datapath, (format) => tableOf(format).exponents),
      )
    );
  };
}

/** Registers, and the function that fires all of them. */
interface Site {
  place: BankRegisters;
  blocks: number;
  flags: Int32Array;
  kernel: Kernel;
}

function siteOf(adders: Adders, { pes }: BankJob, view: View): Site {
  const size = BLOCK * widthIn(adders);
  const place = new BankRegisters(pes, size, view);
  const blocks = place.stride / size;
  const kernel = bankKernel(JSON.stringify(adders), () => [bankFunction(adders)]);
  return { place, blocks, flags: place.flags(blocks), kernel };
}

function fire({ place, blocks, flags, kernel }: Site, sums: Plane, a: Met, b: Met, draws = 0): void {
  const [x, y] = [a.forms, b.forms];
  const [stride, live] = [place.stride * sums.BYTES_PER_ELEMENT, place.live.byteOffset];
  const at = [sums, x[0].plane, y[0].plane].map(({ byteOffset }) => byteOffset);
  const exponents = [x, y].map(([values, own = values]) => own.plane.byteOffset);
  kernel.fire(at[0], at[1], at[2], live, blocks, stride, flags.byteOffset, exponents[0], exponents[1], draws);
}

/** The biased exponent of a code as an alignment sees it. */
function exponentReader(datapath: Datapath, tableOf: (format: Format) => Int16Array) {
  return (format: Format): ((code: number) => number) => {
    if (widthOf(format) > 16) {
      const [decode, exponent] = [decoderOf(format, datapath.operands), exponentOf(datapath, format)];
      return (code) => exponent(decode(code));
    }
    const exponents = tableOf(format);
    return (code) => exponents[code];
  };
}

function floatBank(
  { datapath, engine, total, source }: BankUnit,
  job: BankJob,
  adders: FloatAdders,
  exponentsOf: ReturnType<typeof exponentReader>,
): Bank {
  const step = stepOf(adders);
  const site = siteOf(adders, job, step.carrier === 'f32' ? Float32Array : Float64Array);
  const { place } = site;
  const bank = engineBank(datapath, engine, total, job, place);
  const encode = encoderIn(step.carrier, registerFitOf(datapath.sum));
  const { lanes } = datapath;
  const unnormalised =
    adders.kind === 'firing' && 'productExponent' in adders.firing.combine
      ? adders.firing.combine.productExponent === 'unnormalised'
      : false;
  const before = watches(adders) ? place.plane(place.stride) : undefined;
  const draws =
    source?.leaps && drawsIn(adders) > 0 ? new LaneDraws(source, source.leaps, place, drawsIn(adders)) : undefined;
  return {
    ...bank,
    codesOf: encode === undefined ? undefined : (sums) => encoded(sums, encode),
    forms(operand) {
      const forms = bank.forms(operand);
      if (!unnormalised) return forms;
      return [...forms, { plane: place.plane(lanes * place.stride, Int16Array), read: exponentsOf(datapath[operand]) }];
    },
    fire(sums, a, b) {
      before?.set(sums);
      const state = source?.state;
      draws?.draw(place, job.pes);
      fire(site, sums, a, b, draws?.plane.byteOffset);
      if (before !== undefined) redo(sums, before, a, b, state);
    },
  };

  /**
   * Blocks with a sum that lanes do not round fire again, one PE after the other. With random bits, which those of such a
   * sum are not sure to be, all of them do.
   */
  function redo(sums: Plane, kept: Plane, a: Met, b: Met, state: number | undefined): void {
    const size = place.stride / site.blocks;
    if (draws !== undefined && source !== undefined && state !== undefined) {
      if (site.flags.every((flag) => flag === 0)) return;
      source.state = state;
      sums.set(kept);
      bank.fire(sums, a, b);
      return;
    }
    site.flags.forEach((flag, block) => {
      if (flag === 0) return;
      const [from, to] = [block * size, Math.min((block + 1) * size, job.pes)];
      sums.set(kept.subarray(from, to), from);
      bank.fireOnly(sums, a, b, from, to);
    });
  }
}

/** Integers, counted in units of the register's last place. They wrap modulo 2^32, and the register's span when read. */
function intBank({ datapath, engine, total }: BankUnit, job: BankJob): Bank | undefined {
  const found = intAdders(datapath, job);
  const { format } = registerFitOf(datapath.sum);
  if (found === undefined || format.kind !== 'int') return undefined;
  const site = siteOf(found.adders, job, Int32Array);
  const { place } = site;
  const { bits, signed, exponent } = format;
  const quantum = 2 ** exponent;
  const span = 2 ** bits;
  const low = signed ? -span / 2 : 0;
  return {
    ...engineBank(datapath, engine, total, job, place),
    forms(operand) {
      const table = found.tables[operand === 'a' ? 0 : 1];
      return [{ plane: place.plane(datapath.lanes * place.stride), read: (code) => table[code] }];
    },
    valueOf: (kept) => (kept - Math.floor((kept - low) / span) * span) * quantum,
    keptOf: (value) => value / quantum,
    codesOf: bits <= 32 ? (sums) => lowBits(sums, bits) : undefined,
    fire: (sums, a, b) => fire(site, sums, a, b),
  };
}

/** Two's complement of so many bits. */
function lowBits(counts: Plane, bits: number): Uint32Array {
  const codes = new Uint32Array(counts);
  if (bits < 32) for (let i = 0; i < codes.length; i++) codes[i] &= 2 ** bits - 1;
  return codes;
}

/** Sums become codes in the kernels' memory. */
function encoded(sums: Plane, encode: (address: number, vectors: number) => void): Uint32Array {
  const address = new Arena().take((sums.length + 4) * sums.BYTES_PER_ELEMENT);
  const { buffer } = sharedMemory();
  const { length } = sums;
  (sums instanceof Float32Array
    ? new Float32Array(buffer, address, length)
    : new Float64Array(buffer, address, length)
  ).set(sums);
  encode(address, Math.ceil(length / 4));
  return new Uint32Array(buffer, address, length).slice();
}
