import { type Datapath, registerFitOf, type SumFit } from '../../datapath.js';
import type { Bank, BankJob, Met, Plane, RegisterFile } from '../contract/bank.js';
import type { Engine } from '../contract/engine.js';
import type { CodeArray } from '../contract/gemm.js';
import { weigherOf } from '../float64/align.js';
import { encoderOf } from '../float64/encode.js';
import { decoderOf } from '../float64/values.js';

/** Registers in ordinary arrays. */
export function ownRegisters(pes: number): RegisterFile {
  const groups: (readonly (Plane | CodeArray)[])[] = [];
  const depths = new Int32Array(pes);
  return {
    stride: pes,
    live: new Uint16Array(pes),
    depths,
    plane: (length) => new Float64Array(length),
    codes: (like, length) => new (like.constructor as new (length: number) => CodeArray)(length),
    group: (planes) => groups.push(planes) - 1,
    shift(to, from, distance) {
      groups[to].forEach((plane, i) => {
        const end = plane.length - distance;
        if (to === from) plane.copyWithin(distance, 0, end);
        else plane.set(groups[from][i].subarray(0, end), distance);
      });
    },
    sink(group, columns) {
      for (const plane of groups[group])
        for (let first = 0; first < plane.length; first += pes)
          for (let column = 0; column < columns; column++)
            for (let at = first + depths[column] * columns + column; at >= first + columns; at -= columns)
              plane[at] = plane[at - columns];
    },
    release: () => undefined,
  };
}

/** A bank of which one PE fires after the other, on float64 values. */
export interface EngineBank extends Bank {
  /** The same for PEs [from, to) only. */
  fireOnly(sums: Plane, a: Met, b: Met, from: number, to: number): void;
}

/** @param total the register that sums are joined in */
export function engineBank(
  datapath: Datapath,
  engine: Engine,
  total: SumFit,
  { pes }: Pick<BankJob, 'pes'>,
  registers: RegisterFile = ownRegisters(pes),
): EngineBank {
  const { stride, live, plane, codes, group, shift, depths, sink, release } = registers;
  const { lanes } = datapath;
  const outer = engine.registerOf(registerFitOf(total));
  const weigh = weigherOf(datapath);
  const terms = new Float64Array(lanes);
  const weights = new Float64Array(lanes);

  function fireOnly(sums: Plane, a: Met, b: Met, from: number, to: number): void {
    const [x, y] = [a.forms[0].plane, b.forms[0].plane];
    for (let pe = from; pe < to; pe++) {
      const count = live[pe];
      if (count === 0) continue;
      for (let lane = 0, at = pe; lane < count; lane++, at += stride) {
        terms[lane] = engine.product(x[at] * y[at]);
        weights[lane] = weigh(x[at], y[at], terms[lane]);
      }
      sums[pe] = engine.fire(sums[pe], terms, weights, 0, count);
    }
  }

  return {
    stride,
    live,
    zero: 0,
    sums: () => plane(stride),
    forms: (operand) => [{ plane: plane(lanes * stride), read: decoderOf(datapath[operand], datapath.operands) }],
    codes,
    group,
    shift,
    depths,
    sink,
    fire: (sums, a, b) => fireOnly(sums, a, b, 0, pes),
    fireOnly,
    valueOf: (kept) => kept,
    keptOf: (value) => value,
    join: (sum, inner) => outer.add(sum, engine.register.read(inner)),
    codeOf: encoderOf(registerFitOf(datapath.sum)),
    outerCodeOf: encoderOf(registerFitOf(total)),
    release,
  };
}
