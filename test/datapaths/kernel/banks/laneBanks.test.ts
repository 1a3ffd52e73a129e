import { describe, expect, it } from 'vitest';
import { datapathNamed } from '../../../../src/datapaths/catalog.js';
import {
  type AlignedCombine,
  type Datapath,
  datapath,
  registerFitOf,
  sumFit,
} from '../../../../src/datapaths/datapath.js';
import type { Bank, BankJob, Met } from '../../../../src/datapaths/kernel/contract/bank.js';
import { engineBank } from '../../../../src/datapaths/kernel/banks/engineBank.js';
import { engineOf } from '../../../../src/datapaths/kernel/float64/engine.js';
import { encoderOf } from '../../../../src/datapaths/kernel/float64/encode.js';
import { type CodeArray, codeArray } from '../../../../src/datapaths/kernel/index.js';
import { randomSource } from '../../../../src/datapaths/kernel/contract/random.js';
import { type BankUnit, laneBanks } from '../../../../src/datapaths/kernel/banks/laneBanks.js';
import { formatNamed, int } from '../../../../src/formats/catalog.js';
import { type Format, widthOf } from '../../../../src/formats/format.js';
import { lfsrBits, stochastic } from '../../../../src/formats/rounding.js';
import { generator } from '../jobs.js';

/** The adders of many PEs in lanes give, firing by firing, the sums of the engine that fires one PE after the other. */
const own = (name: string, format: string, sum: Datapath['sum'], rest: Partial<Datapath> = {}) =>
  datapath({ name, a: formatNamed(format), b: formatNamed(format), sum, ...rest });
const random = (sum: string, bits: number) => sumFit(sum, { rounding: stochastic(bits) });
/** Few bits of a wide register, of which all bytes matter. */
const wide = (sum: string, bits: number): Datapath['sum'] => {
  const { lfsr } = stochastic(bits, 0xdeadbeef).stochastic;
  return sumFit(sum, { rounding: { stochastic: { bits: 8, lfsr, perOutput: false } } });
};
const cut: AlignedCombine = {
  kind: 'aligned',
  fractionBits: 14,
  truncate: 'rtz',
  productExponent: 'unnormalised',
  sumInside: true,
};
const FUSED = { kind: 'fused', sumInside: true } as const;
const UNITS: readonly Datapath[] = [
  own('stochastic fp32', 'e4m3fn', random('fp32', 8)),
  own('stochastic fp16', 'e4m3fn', random('fp16', 8)),
  own('stochastic, 24 bits wide', 'e4m3fn', wide('fp32', 20)),
  own('stochastic, 32 bits wide', 'e4m3fn', wide('fp16', 31)),
  own('stochastic bf16, 11 bits', 'e5m2', random('bf16', 11)),
  own('stochastic, 3 lanes', 'e4m3fn', random('fp32', 13), { lanes: 3 }),
  own('stochastic, saturating', 'e4m3fn', sumFit('e5m2', { rounding: stochastic(5), overflow: 'saturate' })),
  own('stochastic, rounded products', 'e4m3fn', random('fp32', 8), { product: sumFit('bf16') }),
  own('stochastic, exact sums', 'e4m3fn', random('fp32', 8), { lanes: 4, combine: FUSED }),
  own('stochastic, apart', 'e4m3fn', random('fp16', 7), { lanes: 4, combine: { kind: 'fused', sumInside: false } }),
  own('stochastic, aligned', 'fp16', random('fp32', 8), { lanes: 4, combine: cut }),
  own('stochastic, aligned apart', 'e5m2', random('bf16', 9), { lanes: 4, combine: { ...cut, sumInside: false } }),
  own('fixed point', 'e4m3fn', sumFit(int(20, true, -8), { rounding: 'rna', overflow: 'saturate' })),
  own('fixed point, at random', 'e5m2', sumFit(int(20, true, -8), { rounding: stochastic(6), overflow: 'saturate' })),
  own('products in fixed point', 'e4m3fn', sumFit('fp32'), { product: sumFit(int(16, true, -6), { rounding: 'rtz' }) }),
  own('tree of 8', 'e4m3fn', sumFit('fp16'), { lanes: 8, combine: { kind: 'tree' } }),
  own('tree of 3, nodes of bf16', 'e4m3fn', sumFit('fp32'), {
    lanes: 3,
    combine: { kind: 'tree', node: sumFit('bf16', { rounding: 'rna' }) },
  }),
  own('tree, toward zero', 'e5m2', sumFit('fp32', { rounding: 'rtz' }), { lanes: 4, combine: { kind: 'tree' } }),
  own('fp16 products', 'fp16', sumFit('fp32'), { product: sumFit('fp16') }),
  own('bf16 products, toward zero', 'e4m3fn', sumFit('fp16'), { product: sumFit('bf16', { rounding: 'rtz' }) }),
  own('e5m2 products', 'e4m3fn', sumFit('fp32'), { product: sumFit('e5m2') }),
  own('e4m3fn products of 4 lanes', 'e4m3fn', sumFit('fp16'), { lanes: 4, product: sumFit('e4m3fn') }),
  own('exact sum of fp16 products', 'e4m3fn', sumFit('fp32'), { lanes: 4, combine: FUSED, product: sumFit('fp16') }),
  own('aligned bf16 products', 'fp16', sumFit('fp32'), { lanes: 4, combine: cut, product: sumFit('bf16') }),
  own('aligned products that keep', 'e4m3fn', sumFit('fp16'), { lanes: 4, combine: cut, product: sumFit('fp32') }),
  datapathNamed('arm-bfdot'),
  own('normalised', 'e4m3fn', sumFit('fp32'), { lanes: 4, combine: { ...cut, productExponent: 'normalised' } }),
  own('in stages', 'fp16', sumFit('fp32'), {
    lanes: 4,
    combine: { ...cut, twoStage: { productFractionBits: 16, sumFractionBits: 12, truncate: 'rne' } },
  }),
  own('even and odd', 'e5m2', sumFit('fp16'), { lanes: 6, combine: { ...cut, evenOdd: true, truncate: 'floor' } }),
  ...['cdna1-fp16-fp32', 'cdna1-bf16-fp32', 'cdna2-fp16-fp32', 'cdna2-bf16-fp32', 'cdna2-fp32'].map(datapathNamed),
  ...['cdna3-fp16-fp32', 'cdna3-bf16-fp32', 'cdna3-xf32-fp32', 'cdna3-e4m3fnuz-fp32'].map(datapathNamed),
  ...['cdna3-e4m3fnuz-e5m2fnuz-fp32', 'ampere-tf32-fp32', 'hopper-tf32-fp32', 'hopper-e4m3fn-fp32'].map(datapathNamed),
];

const PES = 37;
const CYCLES = 6;
type Random = () => number;

/** Operands of all codes, of the smallest numbers, and of some binades about 1. */
const DATA: Record<string, (format: Format, next: Random) => number> = {
  all: (format, next) => Math.floor(next() * 2 ** widthOf(format)),
  small: (format, next) => coded(format, next, 0, 3),
  middle: (format, next) => coded(format, next, (format.kind === 'float' ? format.bias : 0) - 2, 4),
};

/** A number of so many binades from one up. */
function coded(format: Format, next: Random, first: number, binades: number): number {
  if (format.kind !== 'float') throw new Error('floats only');
  const { mantissaBits, paddingBits = 0 } = format;
  const magnitude = Math.floor((first + binades * next()) * 2 ** mantissaBits) * 2 ** paddingBits;
  return magnitude + (next() < 0.5 ? 2 ** (widthOf(format) - 1) : 0);
}

function unitFor(unit: Datapath): BankUnit {
  const { rounding } = unit.sum;
  const source = typeof rounding === 'string' ? undefined : randomSource(rounding);
  const engine = engineOf({ ...unit, order: { kind: 'sequential' } }, source && (() => source.next()));
  if (typeof engine === 'string') throw new Error(engine);
  return { datapath: unit, engine, total: unit.sum, source };
}

/** Operands of one cycle in a bank's registers; lanes that are not live are 0 in every form. */
function load(bank: Bank, { forms, codes }: Met, operand: CodeArray, lanes: number): Met {
  for (let lane = 0; lane < lanes; lane++)
    for (let pe = 0; pe < PES; pe++) {
      const at = lane * bank.stride + pe;
      const live = lane < bank.live[pe];
      codes[at] = live ? operand[lane * PES + pe] : 0;
      for (const { plane, read } of forms) plane[at] = live ? read(codes[at]) : 0;
    }
  return { forms, codes };
}

function registers(bank: Bank, { [0]: format, [1]: lanes, [2]: operand }: readonly [Format, number, 'a' | 'b']): Met {
  return { forms: bank.forms(operand), codes: codeArray(format, bank.stride * lanes) };
}

/** Codes of all sums after each cycle. */
function run(
  bank: Bank,
  unit: Datapath,
  cycles: readonly (readonly CodeArray[])[],
  live: readonly Uint16Array[],
): number[][] {
  const { lanes, a, b } = unit;
  const sums = bank.sums();
  const held = [registers(bank, [a, lanes, 'a']), registers(bank, [b, lanes, 'b'])];
  const encode = encoderOf(registerFitOf(unit.sum));
  return cycles.map((operands, cycle) => {
    bank.live.set(live[cycle]);
    bank.fire(sums, load(bank, held[0], operands[0], lanes), load(bank, held[1], operands[1], lanes));
    const codes = bank.codesOf?.(sums) ?? Array.from(sums, (kept) => encode(bank.valueOf(kept)));
    return Array.from(codes.slice(0, PES));
  });
}

describe.each(UNITS.map((unit) => [unit.name, unit] as const))('%s', (_name, unit) => {
  it.each(Object.keys(DATA))('adds %s operands as the engine does', (kind) => {
    const { lanes, a, b } = unit;
    const next = generator(lanes * 100 + kind.length + _name.length);
    let inLanes = 0;
    for (let trial = 0; trial < 8; trial++) {
      const operand = (format: Format) => codeArray(format, lanes * PES).map(() => DATA[kind](format, next));
      const cycles = Array.from({ length: CYCLES }, () => [operand(a), operand(b)]);
      const live = cycles.map(() =>
        Uint16Array.from({ length: PES }, () =>
          next() < 0.2 ? 0 : next() < 0.3 ? 1 + Math.floor(next() * lanes) : lanes,
        ),
      );
      const [x, y] = [0, 1].map((i) => {
        const all = codeArray(i === 0 ? a : b, CYCLES * lanes * PES);
        cycles.forEach((operands, cycle) => all.set(operands[i], cycle * lanes * PES));
        return all;
      });
      const job: BankJob = { pes: PES, k: CYCLES * lanes, a: x, b: y };
      const [first, second] = [unitFor(unit), unitFor(unit)];
      const bank = laneBanks(first)(job);
      if (bank === undefined) continue;
      inLanes++;
      const sums = run(bank, unit, cycles, live);
      bank.release();
      expect(sums).toEqual(run(engineBank(unit, second.engine, unit.sum, job), unit, cycles, live));
      expect(first.source?.state).toBe(second.source?.state);
    }
    if (kind === 'middle') expect(inLanes).toBe(8);
  });
});

it('draws what the LFSR gives, and again from an earlier state', () => {
  const [small, none] = [stochastic(3).stochastic.lfsr, { width: 16, taps: [16, 15, 13, 4], seed: 0 }];
  for (const [bits, lfsr] of [
    [8, stochastic(8).stochastic.lfsr],
    [16, stochastic(15, 77).stochastic.lfsr],
    [31, stochastic(31, 0xdeadbeef).stochastic.lfsr],
    [13, small],
    [5, none],
  ] as const) {
    const source = randomSource({ stochastic: { bits, lfsr, perOutput: false } });
    const expected = lfsrBits(lfsr);
    for (let i = 0; i < 300; i++) {
      const { state } = source;
      const drawn = source.next();
      expect(drawn).toBe(Number(expected(bits)));
      source.state = state;
      expect(source.next()).toBe(drawn);
    }
  }
});
