import { widthOf } from '../../../formats/format.js';
import { type Datapath, registerFitOf, type SumFit } from '../../datapath.js';
import { type Bank, type BankJob, engineBank, type Form, type Met, type Plane } from '../bank.js';
import type { Engine } from '../engine.js';
import { valuesOf } from '../values.js';
import { type Adders, floatAdders, intAdders, weightsOf } from './bank-adders.js';
import { bankKernel, BankRegisters } from './bank-memory.js';
import { bankFunction, BLOCK, watches, widthIn } from './bank-nest.js';
import { encoderIn } from './codes.js';
import { Arena, type Kernel, sharedMemory } from './memory.js';

/** Adders in SIMD lanes, which round as the kernels of matrix products do; undefined where they do not suit the datapath. */
export function laneBank(datapath: Datapath, engine: Engine, total: SumFit, job: BankJob): Bank | undefined {
  const { product, blockScale, a, b } = datapath;
  if (product !== 'exact' || blockScale !== undefined || widthOf(a) > 16 || widthOf(b) > 16) return undefined;
  return intBank(datapath, engine, total, job) ?? floatBank(datapath, engine, total, job);
}

/** Registers, and the function that fires all of them. */
interface Site {
  place: BankRegisters;
  blocks: number;
  flags: Int32Array;
  kernel: Kernel;
}

function siteOf(
  adders: Adders,
  { pes }: BankJob,
  view: typeof Float32Array | typeof Float64Array | typeof Int32Array,
): Site {
  const size = BLOCK * widthIn(adders);
  const place = new BankRegisters(pes, size, view);
  const blocks = place.stride / size;
  const kernel = bankKernel(JSON.stringify(adders), () => bankFunction(adders));
  return { place, blocks, flags: place.flags(blocks), kernel };
}

function fire({ place, blocks, flags, kernel }: Site, sums: Plane, a: Met, b: Met): void {
  const [x, y] = [a.forms, b.forms];
  const [stride, live] = [place.stride * sums.BYTES_PER_ELEMENT, place.live.byteOffset];
  const at = [sums, x[0].plane, y[0].plane].map(({ byteOffset }) => byteOffset);
  kernel.fire(at[0], at[1], at[2], live, blocks, stride, flags.byteOffset, toWeights(x), toWeights(y));
}

function toWeights([values, weights = values]: readonly Form[]): number {
  return weights.plane.byteOffset - values.plane.byteOffset;
}

function floatBank(datapath: Datapath, engine: Engine, total: SumFit, job: BankJob): Bank | undefined {
  const adders = floatAdders(datapath, job);
  if (adders === undefined) return undefined;
  const { carrier } = adders.step;
  const site = siteOf(adders, job, carrier === 'f32' ? Float32Array : Float64Array);
  const { place } = site;
  const bank = engineBank(datapath, engine, total, job, place);
  const encode = encoderIn(carrier, registerFitOf(datapath.sum));
  const { combine, lanes } = datapath;
  const weighs = adders.kind === 'firing' && combine.kind === 'aligned' && combine.productExponent === 'unnormalised';
  const before = watches(adders) ? place.plane(place.stride) : undefined;
  return {
    ...bank,
    codesOf: encode === undefined ? undefined : (sums) => encoded(sums, encode),
    forms(operand) {
      const forms = bank.forms(operand);
      if (!weighs) return forms;
      const weights = weightsOf(datapath, operand, valuesOf(datapath[operand], datapath.operands));
      return [...forms, { plane: place.plane(lanes * place.stride), read: (code) => weights[code] }];
    },
    fire(sums, a, b) {
      before?.set(sums);
      fire(site, sums, a, b);
      if (before !== undefined) redo(sums, before, a, b);
    },
  };

  /** Blocks with a sum that lanes do not round fire again, one PE after the other. */
  function redo(sums: Plane, kept: Plane, a: Met, b: Met): void {
    const size = place.stride / site.blocks;
    site.flags.forEach((flag, block) => {
      if (flag === 0) return;
      const [from, to] = [block * size, Math.min((block + 1) * size, job.pes)];
      sums.set(kept.subarray(from, to), from);
      bank.fireOnly(sums, a, b, from, to);
    });
  }
}

/** Integers, counted in units of the register's last place. They wrap modulo 2^32, and the register's span when read. */
function intBank(datapath: Datapath, engine: Engine, total: SumFit, job: BankJob): Bank | undefined {
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
