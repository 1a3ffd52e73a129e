import { encode } from '../../formats/codec.js';
import { finite } from '../../formats/raw.js';
import type { Datapath } from '../datapath.js';
import { registerFitOf } from '../datapath.js';
import { reduce } from '../reference.js';
import type { Unit } from './gemm.js';

/** One firing by the reference. */
export function scalarUnit(datapath: Datapath): Unit {
  const one: Datapath = { ...datapath, order: { kind: 'sequential' }, result: undefined, requantize: undefined };
  const { lanes } = datapath;
  const unitProduct: Datapath = {
    ...one,
    lanes: 1,
    combine: { kind: 'chain' },
    product: 'exact',
    a: datapath.sum.format,
    b: ONE,
  };
  return {
    lanes,
    zero: Number(encode(finite(false, 0n, 0), registerFitOf(datapath.sum)).code),
    fire: (sum, a, aOffset, b, bOffset) =>
      Number(
        reduce(one, { a: a.subarray(aOffset, aOffset + lanes), b: b.subarray(bOffset, bOffset + lanes), c: sum }).code,
      ),
    join: (outer, inner) => Number(reduce(unitProduct, { a: [inner], b: [1], c: outer }).code),
  };
}

const ONE = { kind: 'table', name: 'one', bits: 1, values: [null, 1] } as const;
