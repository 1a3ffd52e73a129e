import { type Code, type FunctionBuilder, i32, type Local } from './assembler.js';
import { alignedFiring } from './firing-align.js';
import { advance, type Body, type Firing, firingWidth, overLanes } from './firing-body.js';
import { groupedFiring } from './firing-group.js';
import { Adder, carrierOf, powerOfTwo } from './lanes.js';
import { counterOf, keepCount, ROWS, tiles } from './nest.js';
import { v128 } from './vector.js';

export function firingFunctions(firing: Firing): FunctionBuilder[] {
  const { fit, outer, plus, lanes } = firing;
  const vectors = firingWidth(firing) / carrierOf(fit).lanes;
  return (['extend', 'join', 'empty'] as const).map((kind) =>
    tiles(kind, (frame) => {
      const { f, parameters, b } = frame;
      const counter = counterOf(frame, firing.count);
      const adders = [fit, plus ?? fit, outer].map((step) => new Adder(f, step, counter));
      for (const adder of adders) adder.reset();
      const rows: Code[] = [frame.sums];
      for (let r = 1; r < ROWS; r++) rows.push(f.keep('i32', i32.add(rows[r - 1], parameters[6].get)));
      const sums4 = rows.map(() => Array.from({ length: vectors }, () => f.local('v128')));
      const zero = powerOfTwo(fit, -carrierOf(fit).bias);
      const each = (act: (acc: Local, row: Code, offset: number) => void) =>
        sums4.forEach((accs, r) => accs.forEach((acc, i) => act(acc, rows[r], i * 16)));
      each((acc, row, offset) => f.emit(acc.set(kind === 'extend' ? v128.load(row, offset) : zero)));
      const weights = f.local('i32');
      f.emit(weights.set(i32.add(b.get, parameters[11].get)));
      const body: Body = { ...frame, firing, sums4, counter, weights };
      if (kind !== 'empty')
        f.repeat(i32.divU(parameters[3].get, i32.const(lanes)), () => {
          const { combine, alignment, group } = firing;
          if (combine.kind === 'tree') treeFiring(body, adders[0]);
          else if (combine.kind === 'fused' || alignment === undefined) exactFiring(body, combine.sumInside, adders);
          else if (group === undefined) alignedFiring(body, combine, alignment, adders);
          else groupedFiring(body, combine, alignment, adders);
        });
      each((acc, row, offset) => {
        if (kind !== 'extend') adders[2].add(acc, v128.load(row, offset), acc.get);
        f.emit(v128.store(row, acc.get, offset));
      });
      for (const adder of adders)
        if (adder.watches) f.emit(i32.store(parameters[7].get, i32.or(i32.load(parameters[7].get), adder.reached())));
      keepCount(frame, counter);
    }),
  );
}

/** Exact sums of products, two vectors at a time; an empty sum is -0, which changes nothing it is added to. */
function exactFiring(body: Body, sumInside: boolean, [fit, plus]: readonly Adder[]): void {
  const { f, firing, sums4 } = body;
  const { v, splat, bytes } = carrierOf(firing.fit);
  const totals = sums4.map((accs) => accs.map(() => f.local('v128')));
  for (const total of totals.flat()) f.emit(total.set(splat(1n << BigInt(bytes * 8 - 1))));
  overLanes(body, [...sums4[0].keys()], (r, vector, product) => {
    const total = totals[r][vector];
    f.emit(total.set(v.add(total.get, product)));
  });
  advance(body);
  sums4.forEach((accs, r) =>
    accs.forEach((acc, i) => {
      if (sumInside) fit.add(acc, acc.get, totals[r][i].get);
      else {
        fit.fit(totals[r][i], totals[r][i].get);
        plus.add(acc, acc.get, totals[r][i].get);
      }
    }),
  );
}

/** Products added pairwise, an odd one out going up unchanged; the carrier rounds as every node does. */
function treeFiring(body: Body, adder: Adder): void {
  const { f, a, b, firing, sums4 } = body;
  const { bytes, v } = carrierOf(firing.fit);
  const vectors = sums4[0].length;
  const splat = bytes === 4 ? v128.load32Splat : v128.load64Splat;
  sums4.forEach((accs, r) =>
    accs.forEach((acc, i) => {
      const node = (first: number, count: number): Code => {
        if (count === 1)
          return v.mul(splat(a.get, (first * ROWS + r) * bytes), v128.load(b.get, (first * vectors + i) * 16));
        const left = 2 ** Math.ceil(Math.log2(count) - 1);
        const to = f.local('v128');
        const x = f.keep('v128', node(first, left));
        adder.add(to, x, node(first + left, count - left));
        return to.get;
      };
      adder.add(acc, acc.get, node(0, firing.lanes));
    }),
  );
  advance(body);
}
