import { encode } from '../../../formats/codec.js';
import { finite } from '../../../formats/raw.js';
import { widthOf } from '../../../formats/format.js';
import type { RandomBits } from '../../../formats/rounding.js';
import type { Datapath } from '../../datapath.js';
import { registerFitOf, type SumFit, totalFitOf } from '../../datapath.js';
import { drawingOf, randomBitsOf, reduce } from '../../reference.js';
import { weigherOf } from '../float64/align.js';
import type { Unit } from '../contract/bank.js';
import { encoderOf } from '../float64/encode.js';
import { engineOf } from '../float64/engine.js';
import { engineBank } from './engineBank.js';
import { randomSource } from '../contract/random.js';
import { decoderOf } from '../float64/values.js';
import { type BankUnit, laneBanks } from './laneBanks.js';

/**
 * One firing in float64, or by the reference where float64 cannot carry it. A stochastic unit has one random source.
 * @throws RangeError for units that a clocked model does not know: wide sums, scales of blocks, products rounded at random
 */
export function unitOf(datapath: Datapath): Unit {
  const refuse = (why: string) => new RangeError(`unit ${datapath.name}: a clocked model ${why}`);
  const { product } = datapath;
  if (datapath.blockScale !== undefined) throw refuse('has no registers for the scales of blocks');
  // The reference draws the bits of all products of a sum first.
  if (product !== 'exact' && typeof product.rounding === 'object') throw refuse('rounds no products at random');
  if (widthOf(datapath.sum.format) > 53) throw refuse(`holds sums up to 53 bits, ${datapath.sum.format.name} is wider`);
  const bare: Datapath = { ...datapath, order: { kind: 'sequential' }, result: undefined, requantize: undefined };
  const drawing = drawingOf({ ...datapath, result: undefined });
  const source = drawing && randomSource(drawing);
  const engine = engineOf(bare, source && ((bits) => source.next(bits)));
  const total = totalFitOf(datapath);
  return typeof engine === 'string'
    ? slowUnit(bare, total, drawing && randomBitsOf(drawing))
    : fastUnit({ datapath: bare, engine, total, source });
}

function zeroOf({ sum }: Datapath): number {
  return Number(encode(finite(false, 0n, 0), { ...registerFitOf(sum), rounding: 'rne' }).code);
}

function fastUnit(unit: BankUnit): Unit {
  const { datapath, engine, total } = unit;
  const lanesOf = laneBanks(unit);
  const encodeSum = encoderOf(registerFitOf(datapath.sum));
  const { lanes, sum, operands: subnormals } = datapath;
  const decodeA = decoderOf(datapath.a, subnormals);
  const decodeB = decoderOf(datapath.b, subnormals);
  const decodeSum = decoderOf(sum.format, sum.subnormals);
  const outer = engine.registerOf(registerFitOf(total));
  const decodeOuter = decoderOf(total.format, total.subnormals);
  const encodeOuter = encoderOf(registerFitOf(total));
  const terms = new Float64Array(lanes);
  const weights = new Float64Array(lanes);
  const weigh = weigherOf(datapath);
  return {
    lanes,
    zero: zeroOf(datapath),
    fire(running, a, aOffset, b, bOffset, live = lanes) {
      for (let i = 0; i < live; i++) {
        const x = decodeA(a[aOffset + i]);
        const y = decodeB(b[bOffset + i]);
        terms[i] = engine.product(x * y);
        weights[i] = weigh(x, y, terms[i]);
      }
      return encodeSum(engine.fire(decodeSum(running), terms, weights, 0, live));
    },
    join: (sum, inner) => encodeOuter(outer.add(decodeOuter(sum), engine.register.read(decodeSum(inner)))),
    bank: (job) => lanesOf(job) ?? engineBank(datapath, engine, total, job),
  };
}

const ONE = { kind: 'table', name: 'one', bits: 1, values: [null, 1] } as const;

function slowUnit(datapath: Datapath, total: SumFit, random?: RandomBits): Unit {
  const { lanes, sum } = datapath;
  const order = { kind: 'sequential' } as const;
  const plain: Datapath = {
    ...datapath,
    lanes: 1,
    combine: { kind: 'chain' },
    product: 'exact',
    a: sum.format,
    b: ONE,
    sum: total,
  };
  return {
    lanes,
    zero: zeroOf(datapath),
    fire(running, a, aOffset, b, bOffset, live = lanes) {
      const operands = { a: a.subarray(aOffset, aOffset + live), b: b.subarray(bOffset, bOffset + live), c: running };
      return Number(reduce(datapath, operands, order, random).code);
    },
    join: (outer, inner) => Number(reduce(plain, { a: [inner], b: [1], c: outer }, order, random).code),
  };
}
